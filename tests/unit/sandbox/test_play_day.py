import asyncio
from collections import Counter

import pytest

from services.sandbox.application.play_day import Answer, Progress, fits, play_day
from services.sandbox.domain.messages import Fate
from tests.builders.outside_world import dataset, day


class Receiver:
    """Answers after a turn of the loop, and notes what it saw."""

    def __init__(self, statuses=None):
        self.statuses = statuses or {}
        self.seen = []
        self.under_way = 0
        self.most_under_way = 0
        self.lanes_under_way = Counter()

    async def send(self, message):
        self.under_way += 1
        self.lanes_under_way[message.lane] += 1
        assert self.lanes_under_way[message.lane] == 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        for _ in range(1 + len(self.seen) % 5):
            await asyncio.sleep(0)
        self.seen.append(message)
        self.under_way -= 1
        self.lanes_under_way[message.lane] -= 1
        return self.statuses.get(message.fate, Answer(200, 1))


async def played(planned, receiver, *, concurrency=8, speed=0.0, sleep=asyncio.sleep):
    progress, registered = Progress(total=len(planned.messages)), []
    await play_day(
        planned,
        delivery_of=lambda message: message,
        sender=receiver,
        register=registered.append,
        progress=progress,
        concurrency=concurrency,
        speed=speed,
        sleep=sleep,
    )
    return progress, registered


@pytest.fixture(scope="module")
def planned():
    return day()


async def test_all_messages_are_sent_and_each_lane_keeps_its_order(planned):
    receiver = Receiver({Fate.REFUSED: Answer(401, 1)})
    progress, registered = await played(planned, receiver)
    assert progress.done == len(planned.messages) == len(registered)
    for lane in {message.lane for message in planned.messages}:
        sent = [message for message in receiver.seen if message.lane == lane]
        assert sent == [message for message in planned.messages if message.lane == lane]
    assert progress.unexpected_count == 0


async def test_no_more_messages_are_under_way_than_allowed(planned):
    receiver = Receiver()
    await played(planned, receiver, concurrency=3)
    assert receiver.most_under_way == 3


async def test_answers_that_do_not_fit_are_told(planned):
    progress, _ = await played(planned, Receiver({Fate.ACCEPTED: Answer(503, 4)}))
    wrong = [m for m in planned.messages if m.fate in (Fate.ACCEPTED, Fate.REFUSED)]
    assert progress.unexpected_count == len(wrong)
    assert len(progress.unexpected) == 50
    assert progress.retries == 3 * sum(m.fate is Fate.ACCEPTED for m in planned.messages)


@pytest.mark.parametrize(
    ("fate", "status", "fitting"),
    [
        (Fate.ACCEPTED, 202, True),
        (Fate.ACCEPTED, 422, False),
        (Fate.HELD, 200, True),
        (Fate.HELD, 400, False),
        (Fate.QUARANTINED, 200, True),
        (Fate.QUARANTINED, 400, True),
        (Fate.QUARANTINED, 500, False),
        (Fate.REFUSED, 401, True),
        (Fate.REFUSED, 200, False),
        (Fate.REFUSED, 0, False),
    ],
)
def test_each_fate_has_its_answers(fate, status, fitting):
    assert fits(fate, status) is fitting


async def test_real_time_is_divided_by_the_speed():
    planned = day(data=dataset(20), malformed_each=0, duplicate_share=0, late_share=0)
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    await played(planned, Receiver(), speed=3600.0, sleep=sleep)
    span = (planned.messages[-1].send_at - planned.messages[0].send_at).total_seconds()
    assert max(waited) == pytest.approx(span / 3600, rel=0.05)
    assert len(waited) == len(planned.messages)

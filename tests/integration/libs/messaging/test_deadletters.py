from uuid import uuid4

import pytest
from sqlalchemy import text

from libs.database import transaction
from libs.messaging import Bounds, Consumer, deadletters
from libs.messaging.deadletters import Filter
from libs.refusals import NotFound
from tests.builders.events import PLACED, placed
from tests.builders.messaging import ALL_ORDERS, ORDERS, bodies_of
from tests.builders.polling import poll_until


class Stubborn:
    """A handler that refuses or fails for the bodies it is told to, as long as it is told to."""

    def __init__(self, effects):
        self._effects = effects
        self.refused = {"refused-1", "refused-2"}
        self.broken = {"broken"}

    async def handle(self, connection, events):
        bodies = {event.payload.decode() for event in events}
        if bodies & self.refused:
            raise NotFound("no such product")
        if bodies & self.broken:
            raise ValueError("cannot")
        await self._effects.write(connection, events)


@pytest.fixture
async def stubborn(engine, broker, relay, record, effects):
    """Three dead letters and one event that took effect."""
    stubborn = Stubborn(effects)
    consumer = Consumer(
        engine,
        broker,
        service="inventory",
        name="orders",
        stream=ORDERS,
        subjects=ALL_ORDERS,
        handlers={PLACED: stubborn.handle},
        bounds=Bounds(attempts=1, first_backoff=0.01),
    )
    await consumer.start()
    await record(
        placed("a", "refused-1"), placed("b", "broken"), placed("c", "fine"), placed("d", "refused-2")
    )
    await letters(broker, 3)
    yield stubborn
    await consumer.stop()


async def letters(broker, count, wanted=deadletters.EVERYTHING):
    async def there():
        return len(await deadletters.find(broker, wanted)) == count

    await poll_until(there)


async def effect(effects, *bodies):
    async def took_place():
        return set(bodies) <= set(await effects.bodies())

    await poll_until(took_place)


async def test_without_dead_letters_there_is_nothing_to_list(broker):
    assert await deadletters.find(broker) == []
    assert await deadletters.show(broker, 1) is None


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Filter(), 3),
        (Filter(service="inventory", consumer="orders"), 3),
        (Filter(service="order"), 0),
        (Filter(category="refused"), 2),
        (Filter(category="refused", key="d"), 1),
        (Filter(type=PLACED, key="b"), 1),
        (Filter(type="retailmesh.order.v1.OrderShipped"), 0),
    ],
)
async def test_dead_letters_are_listed_by_filter(broker, stubborn, wanted, count):
    assert len(await deadletters.find(broker, wanted)) == count


async def test_a_list_is_bounded(broker, stubborn):
    assert len(await deadletters.find(broker, limit=2)) == 2


async def test_a_dead_letter_is_shown_whole(broker, stubborn):
    first = (await deadletters.find(broker))[0]
    shown = await deadletters.show(broker, first.sequence)
    assert shown == first
    assert shown.headers["ce-id"] == shown.event_id
    assert shown.subject.startswith("retail.order.v1.order.placed.p")


async def test_a_redriven_event_takes_effect_under_its_own_id(broker, stubborn, effects):
    (letter,) = await deadletters.find(broker, Filter(key="b"))
    stubborn.broken.clear()
    await deadletters.redrive(broker, letter)
    await effect(effects, "broken")
    assert letter.event_id in {str(event_id) for event_id in await effects.event_ids()}
    assert await deadletters.show(broker, letter.sequence) is None


async def test_a_redriven_event_does_not_concern_other_consumers(engine, broker, stubborn, effects):
    (letter,) = await deadletters.find(broker, Filter(key="b"))
    stubborn.broken.clear()
    seen = []

    async def look(connection, events):
        seen.extend(event.payload for event in events)

    other = Consumer(
        engine,
        broker,
        service="inventory",
        name="others",
        stream=ORDERS,
        subjects=ALL_ORDERS,
        handlers={PLACED: look},
    )
    await other.start()
    await poll_until(lambda: len(seen) == 4)
    async with transaction(engine) as connection:
        await connection.execute(text("delete from inbox where consumer = 'inventory-others'"))
    await deadletters.redrive(broker, letter)
    await effect(effects, "broken")
    await record_fence(broker, letter)
    await poll_until(lambda: b"fence" in seen)
    assert seen.count(b"broken") == 1
    await other.stop()


async def test_redriving_twice_takes_effect_once(broker, stubborn, effects):
    (letter,) = await deadletters.find(broker, Filter(key="b"))
    stubborn.broken.clear()
    await deadletters.redrive(broker, letter)
    await effect(effects, "broken")
    again = letter.headers | {"Nats-Msg-Id": "much later"}
    await broker.jetstream().publish(letter.subject, letter.payload, headers=again)
    await record_fence(broker, letter)
    await effect(effects, "fence")
    assert (await effects.bodies()).count("broken") == 1


async def record_fence(broker, letter):
    """An event behind the redriven one: when it has taken effect, the other would have too."""
    headers = letter.headers | {"ce-id": str(uuid4())}
    await broker.jetstream().publish(letter.subject, b"fence", headers=headers)


async def test_dead_letters_are_redriven_by_filter(broker, stubborn, effects):
    stubborn.refused.clear()
    assert await deadletters.redrive_all(broker, Filter(category="refused")) == 2
    await effect(effects, "refused-1", "refused-2")
    await letters(broker, 1)


async def test_a_redriven_event_that_fails_again_is_a_new_dead_letter(broker, stubborn):
    (letter,) = await deadletters.find(broker, Filter(key="b"))
    await deadletters.redrive(broker, letter)
    await letters(broker, 3)
    (again,) = await deadletters.find(broker, Filter(key="b"))
    assert again.sequence > letter.sequence
    assert again.event_id == letter.event_id


async def test_a_discarded_dead_letter_is_gone_and_its_event_has_no_effect(broker, stubborn, effects):
    (letter,) = await deadletters.find(broker, Filter(key="b"))
    await deadletters.discard(broker, letter)
    assert await deadletters.find(broker, Filter(key="b")) == []
    assert await effects.bodies() == ["fine"]
    assert (await bodies_of(broker)).count("broken") == 1

import pytest
from google.protobuf.message import DecodeError

from libs.messaging import Bounds, deadletters
from libs.refusals import NotFound, Unavailable
from tests.builders.events import PLACED, numbered, placed
from tests.builders.messaging import effect_of, settled
from tests.builders.polling import poll_until


def failing_for(body, error, effects):
    """A handler that raises whenever the event with this body is among the events."""

    async def handle(connection, events):
        if any(event.payload == body.encode() for event in events):
            raise error
        await effects.write(connection, events)

    return handle


async def test_an_event_that_cannot_be_handled_fails_none_of_its_neighbours(broker, record, effects, consume):
    await consume(failing_for("7", ValueError("cannot"), effects))
    await record(*numbered(20, keys=20))
    await effect_of(effects, 19)
    await settled(broker)
    assert sorted(await effects.bodies(), key=int) == [str(n) for n in range(20) if n != 7]
    (letter,) = await deadletters.find(broker)
    assert (letter.payload, letter.key, letter.type) == (b"7", "order-7", PLACED)
    assert (letter.service, letter.consumer) == ("inventory", "orders")
    assert (letter.category, letter.attempts, letter.reason) == ("bug", 3, "ValueError: cannot")


async def test_a_poisoned_key_holds_back_itself_alone(broker, record, effects, consume):
    handler = failing_for("poison", ValueError("cannot"), effects)
    await consume(handler, Bounds(attempts=4, first_backoff=0.4, longest_backoff=0.4))
    await record(placed("bad", "poison"), placed("bad", "after"), placed("good", "0"))
    for number in range(1, 6):
        await record(placed("good", str(number)), placed("bad", f"after {number}"))
    await effect_of(effects, 6)
    assert await effects.bodies("bad") == []
    assert await effects.bodies("good") == ["0", "1", "2", "3", "4", "5"]
    await settled(broker)
    assert await effects.bodies("bad") == ["after", *(f"after {number}" for number in range(1, 6))]


@pytest.mark.parametrize(
    ("error", "category", "attempts"),
    [
        (NotFound("no such product"), "refused", 3),
        (DecodeError("truncated"), "invalid", 1),
        (TimeoutError("slow"), "transient", 3),
        (KeyError("sku"), "bug", 3),
    ],
)
async def test_a_dead_letter_has_the_class_of_its_failure(
    broker, record, effects, consume, error, category, attempts
):
    await consume(failing_for("bad", error, effects))
    await record(placed("order-1", "bad"))
    await poll_until(lambda: deadletters.find(broker))
    (letter,) = await deadletters.find(broker)
    assert (letter.category, letter.attempts) == (category, attempts)


async def test_a_message_that_is_no_event_is_buried_whole(broker, record, effects, consume):
    await consume(effects.write)
    await broker.jetstream().publish("retail.order.v1.order.placed.p0", b"noise", headers={"x": "y"})
    await poll_until(lambda: deadletters.find(broker))
    (letter,) = await deadletters.find(broker)
    assert (letter.category, letter.payload, letter.headers) == ("invalid", b"noise", {"x": "y"})
    await settled(broker)


async def test_an_outage_pauses_the_consumer_and_buries_nothing(broker, record, effects, consume):
    away = True

    async def handle(connection, events):
        if away:
            raise Unavailable("inventory is away", retry_after_seconds=1)
        await effects.write(connection, events)

    consumer = await consume(handle, Bounds(attempts=2, first_backoff=0.01, longest_backoff=0.05))
    await poll_until(consumer.healthy)
    await record(*numbered(10))
    await poll_until(lambda: not consumer.healthy())
    away = False
    await effect_of(effects, 10)
    await settled(broker)
    await poll_until(consumer.healthy)
    assert await deadletters.find(broker) == []


async def test_a_conflict_is_tried_again_at_once(broker, record, effects, consume):
    refused = []

    async def handle(connection, events):
        if not refused:
            refused.append(events)
            await connection.exec_driver_sql(
                "do $$ begin raise exception using errcode = 'serialization_failure'; end $$"
            )
        await effects.write(connection, events)

    await consume(handle)
    await record(placed("a", "1"))
    await effect_of(effects, 1)
    assert await effects.bodies() == ["1"]


async def test_more_failing_events_than_may_be_handed_out_are_settled_one_after_the_other(
    broker, record, effects, consume
):
    async def handle(connection, events):
        if any(event.key == "bad" for event in events):
            raise ValueError("cannot")
        await effects.write(connection, events)

    bounds = Bounds(batch=8, max_ack_pending=10, attempts=2, first_backoff=0.01, longest_backoff=0.02)
    await consume(handle, bounds)
    await record(*(placed("bad", str(number)) for number in range(30)), placed("good", "last"))
    await effect_of(effects, 1)
    await settled(broker)
    assert [letter.payload for letter in await deadletters.find(broker)] == [b"%d" % n for n in range(30)]

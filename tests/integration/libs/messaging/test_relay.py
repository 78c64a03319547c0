import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from libs.database import connect, transaction
from libs.messaging import Relay, connect_broker, ensure_streams, record_events, republish_events
from libs.messaging.outbox import SELECT_UNPUBLISHED, Recorded
from libs.messaging.publisher import Publisher
from tests.builders.events import CANCELLED, NOON, PLACED, numbered, placed
from tests.builders.messaging import ORDERS, bodies_of, count_of, messages_of
from tests.builders.polling import poll_until

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


async def published(broker, count):
    async def enough():
        return await count_of(broker) >= count

    await poll_until(enough)


async def everything_marked(unpublished):
    async def none():
        return await unpublished() == 0

    await poll_until(none)


async def test_an_event_is_published_as_a_cloudevent(broker, orders, relay, record):
    event = placed("Größe 42", "hello", traceparent=TRACEPARENT)
    await record(event)
    await published(broker, 1)
    (message,) = await messages_of(broker)
    assert message.subject == event.subject
    assert message.data == b"hello"
    assert message.headers == {
        "Nats-Msg-Id": str(event.id),
        "ce-specversion": "1.0",
        "ce-id": str(event.id),
        "ce-type": PLACED,
        "ce-source": "/retailmesh/order",
        "ce-subject": "Gr%C3%B6%C3%9Fe%2042",
        "ce-partitionkey": "Gr%C3%B6%C3%9Fe%2042",
        "ce-time": "2026-03-01T12:00:00+00:00",
        "ce-dataschema": f"urn:retailmesh:schema:{PLACED}",
        "content-type": "application/protobuf",
        "traceparent": TRACEPARENT,
    }


async def test_events_of_one_transaction_keep_their_order_and_are_marked(
    broker, orders, relay, record, unpublished
):
    await record(*numbered(2500))
    await published(broker, 2500)
    assert await bodies_of(broker) == [str(number) for number in range(2500)]
    await everything_marked(unpublished)


async def test_an_event_of_a_rolled_back_transaction_is_never_published(
    engine, broker, orders, relay, record
):
    async def fail():
        async with transaction(engine) as connection:
            await record_events(connection, [placed(body="lost")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    await record(placed(body="kept"))
    await published(broker, 1)
    assert await bodies_of(broker) == ["kept"]


async def test_an_event_that_commits_after_later_ones_is_not_skipped(
    engine, broker, orders, relay, record, unpublished
):
    async with transaction(engine) as slow:
        await record_events(slow, [placed("slow", "lower position")])
        await record(placed("quick", "higher position"))
        await published(broker, 1)
        await everything_marked(unpublished)
    await published(broker, 2)
    assert await bodies_of(broker) == ["higher position", "lower position"]


async def test_what_a_dead_relay_left_is_published_by_the_next(engine, broker, orders, record, unpublished):
    await record(*numbered(10))
    relay = Relay(engine, broker, [ORDERS])
    await relay.start()
    await published(broker, 10)
    await everything_marked(unpublished)
    await relay.stop()


async def test_what_was_published_but_not_marked_is_not_published_twice(
    engine, broker, orders, record, unpublished
):
    await record(*numbered(10))
    async with transaction(engine) as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        rows = [Recorded(*row) for row in await raw.fetch(SELECT_UNPUBLISHED, [], 4)]
    await Publisher(broker).publish(rows)
    relay = Relay(engine, broker, [ORDERS])
    await relay.start()
    await everything_marked(unpublished)
    await relay.stop()
    assert await bodies_of(broker) == [str(number) for number in range(10)]


async def test_a_lost_notification_delays_an_event_no_longer_than_the_sweep(engine, broker, orders):
    relay = Relay(engine, broker, [ORDERS], sweep_seconds=0.1)
    await relay.start()
    await poll_until(relay.healthy)
    async with transaction(engine) as connection:
        await connection.execute(
            text(
                "insert into outbox (event_id, subject, type, key, time, payload)"
                " values (gen_random_uuid(), 'retail.order.v1.order.placed.p0', 'T', 'k', now(), 'silent')"
            )
        )
    await published(broker, 1)
    await relay.stop()


async def test_one_of_two_relays_leads_and_the_other_takes_over(
    engine, broker, nats_url, orders, record, unpublished, database_url
):
    other_broker = await connect_broker(nats_url, name="other")
    relays = [
        Relay(engine, broker, [ORDERS], application_name="relay-1"),
        Relay(engine, other_broker, [ORDERS], application_name="relay-2"),
    ]
    for relay in relays:
        await relay.start()
    await record(*numbered(20))
    await published(broker, 20)

    killer = await connect(database_url, application_name="killer")
    for name in ("relay-1", "relay-2"):
        await killer.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", name
        )
        await record(*numbered(20))
    await killer.close()
    await everything_marked(unpublished)
    assert len(await bodies_of(broker)) == 60
    for relay in relays:
        await poll_until(relay.healthy)
        await relay.stop()
    await other_broker.close()


async def test_concurrent_writers_are_all_published_each_key_in_order(
    broker, orders, relay, record, unpublished
):
    async def write(key):
        for number in range(50):
            await record(placed(key, f"{key}:{number}"))

    await asyncio.gather(*(write(f"key-{number}") for number in range(6)))
    await everything_marked(unpublished)
    bodies = await bodies_of(broker)
    for number in range(6):
        key = f"key-{number}"
        assert [body for body in bodies if body.startswith(f"{key}:")] == [f"{key}:{n}" for n in range(50)]


async def test_events_of_several_types_share_the_order(broker, orders, relay, record):
    await record(placed("a", "1"), placed("a", "2", fact="cancelled"), placed("a", "3"))
    await published(broker, 3)
    messages = await messages_of(broker)
    assert [message.data for message in messages] == [b"1", b"2", b"3"]
    assert [message.headers["ce-type"] for message in messages] == [PLACED, CANCELLED, PLACED]


async def test_large_events_are_published_in_batches_of_bounded_size(
    broker, orders, relay, record, unpublished
):
    bodies = [f"{number}:".ljust(800_000, "x") for number in range(12)]
    await record(*(placed(body=body) for body in bodies))
    await everything_marked(unpublished)
    assert [body.partition(":")[0] for body in await bodies_of(broker)] == [str(n) for n in range(12)]


async def test_recorded_events_can_be_published_again(engine, broker, orders, relay, record, unpublished):
    await record(placed("a", "1"), placed("b", "2"), placed("a", "3", fact="cancelled"))
    await everything_marked(unpublished)
    await broker.jetstream().delete_stream(ORDERS)
    await ensure_streams(broker.jetstream(), [ORDERS])
    async with transaction(engine) as connection:
        assert await republish_events(connection, NOON, NOON) == 0
        assert await republish_events(connection, NOON, NOON + timedelta(seconds=1), key="a") == 2
    await everything_marked(unpublished)
    assert await bodies_of(broker) == ["1", "3"]


async def test_a_stream_that_was_deleted_is_made_again(broker, orders, relay, record, unpublished):
    await record(placed("a", "1"))
    await everything_marked(unpublished)
    await broker.jetstream().delete_stream(ORDERS)
    await record(placed("a", "2"), placed("a", "3"))
    await everything_marked(unpublished)
    assert await bodies_of(broker) == ["2", "3"]

import asyncio
import time

from libs.messaging import DEADLETTER_STREAM, Bounds, Prepared
from libs.telemetry import current_traceparent
from tests.builders.events import CANCELLED, PLACED, numbered, placed
from tests.builders.messaging import DURABLE, ORDERS, count_of, effect_of, settled
from tests.builders.polling import poll_until


async def test_every_event_takes_effect_once_and_each_key_in_order(broker, record, effects, consume):
    await consume(effects.write, Bounds(batch=50))
    for start in range(0, 1000, 200):
        await record(*numbered(1000)[start : start + 200])
    await effect_of(effects, 1000)
    for key in range(5):
        assert await effects.bodies(f"order-{key}") == [str(n) for n in range(1000) if n % 5 == key]
    await settled(broker)


async def test_an_event_stored_twice_takes_effect_once(broker, orders, record, effects, consume):
    event = placed("order-1", "once")
    await record(event)
    await poll_until(lambda: count_of(broker))
    (original,) = [await broker.jetstream().get_msg(ORDERS, 1)]
    headers = original.headers | {"Nats-Msg-Id": "another"}
    for _ in range(2):
        await broker.jetstream().publish(original.subject, original.data, headers=headers)
        headers["Nats-Msg-Id"] = "a third"
    await consume(effects.write)
    await settled(broker)
    assert await effects.bodies() == ["once"]


async def test_a_type_without_a_handler_is_passed_over(broker, record, effects, consume):
    await consume({PLACED: effects.write})
    await record(placed("a", "1"), placed("a", "2", fact="cancelled"), placed("a", "3"))
    await effect_of(effects, 2)
    await settled(broker)
    assert await effects.bodies() == ["1", "3"]


async def test_types_of_one_key_take_effect_in_order(broker, record, effects, consume):
    async def cancel(connection, events):
        await effects.write(connection, events)

    await consume({PLACED: effects.write, CANCELLED: cancel})
    facts = ["placed", "cancelled", "placed", "cancelled", "cancelled", "placed"]
    await record(*(placed("a", str(number), fact=fact) for number, fact in enumerate(facts)))
    await effect_of(effects, 6)
    assert await effects.bodies() == ["0", "1", "2", "3", "4", "5"]


async def test_calls_are_prepared_outside_the_transaction_and_never_for_known_events(
    broker, record, effects, consume
):
    prepared = []

    async def ask(events):
        prepared.extend(event.payload.decode() for event in events)
        return {event.id: event.payload.decode().upper() for event in events}

    async def handle(connection, events, answers):
        for event in events:
            event.payload = answers[event.id].encode()
        await effects.write(connection, events)

    await consume({PLACED: Prepared(ask, handle)})
    event = placed("order-1", "a")
    await record(event)
    await effect_of(effects, 1)
    original = await broker.jetstream().get_msg(ORDERS, 1)
    await broker.jetstream().publish(
        original.subject, original.data, headers=original.headers | {"Nats-Msg-Id": "again"}
    )
    await record(placed("order-1", "b"))
    await effect_of(effects, 2)
    assert await effects.bodies() == ["A", "B"]
    assert prepared == ["a", "b"]


async def test_long_work_is_not_handed_to_anybody_else(broker, record, effects, consume):
    started, finish = asyncio.Event(), asyncio.Event()

    async def handle(connection, events):
        started.set()
        await finish.wait()
        await effects.write(connection, events)

    await consume(handle, Bounds(ack_wait=0.6))
    await record(placed("order-1", "slow"))
    await started.wait()
    long_after = time.monotonic() + 1.5
    await poll_until(lambda: time.monotonic() > long_after)
    assert (await broker.jetstream().consumer_info(ORDERS, DURABLE)).num_redelivered == 0
    finish.set()
    await effect_of(effects, 1)
    await settled(broker)


async def test_a_second_process_stands_by_and_takes_over(broker, record, effects, consume):
    first = await consume(effects.write)
    second = await consume(effects.write)
    await record(*numbered(50))
    await effect_of(effects, 50)
    await first.stop()
    await record(*numbered(50))
    await effect_of(effects, 100)
    await poll_until(second.healthy)
    assert len(set(await effects.event_ids())) == 100


async def test_a_handler_of_one_event_continues_its_trace(broker, record, effects, consume):
    seen = []

    async def handle(connection, events):
        seen.extend((current_traceparent(), event.traceparent) for event in events)

    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    await consume(handle)
    await record(placed("order-1", "a", traceparent=trace))
    await poll_until(lambda: seen)
    ((current, passed_on),) = seen
    assert current == passed_on
    assert current.split("-")[1] == trace.split("-")[1]
    assert current != trace


async def test_each_event_of_a_batch_continues_its_own_trace(broker, record, orders, effects, consume):
    seen = {}

    async def handle(connection, events):
        seen.update({event.key: event.traceparent for event in events})

    traces = {f"order-{n}": f"00-{n:032x}-00f067aa0ba902b7-{n % 2:02x}" for n in range(1, 5)}
    await record(*(placed(key, traceparent=trace) for key, trace in traces.items()))
    await poll_until(lambda: count_of(broker))
    await consume(handle)
    await poll_until(lambda: len(seen) == 4)
    assert {key: trace.split("-")[1] for key, trace in seen.items()} == {
        key: trace.split("-")[1] for key, trace in traces.items()
    }
    assert all((seen[key] != trace) == trace.endswith("01") for key, trace in traces.items())


async def test_the_streams_a_consumer_needs_are_made_by_it(broker, effects, consume):
    consumer = await consume(effects.write)
    assert not consumer.healthy()

    async def made():
        names = {stream.config.name for stream in await broker.jetstream().streams_info()}
        return names >= {ORDERS, DEADLETTER_STREAM}

    await poll_until(made)
    await poll_until(consumer.healthy)

"""Events from outbox to JetStream to consumer, beside raw nats-py pipelined publishing of the same bytes.

The yardstick publishes from one process and waits for all acknowledgements, as the relay does; the mesh's own
path also records, marks, consumes and notes each event as processed, in a second process.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import nats
import uvloop
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.database import create_engine, transaction
from libs.messaging import Bounds, Consumer, Event, Received, Relay, connect_broker, record_events
from libs.messaging.tables import INBOX, OUTBOX
from libs.stack import Mesh, create_databases, database_url, drop_databases
from tests.bench.load import percentile

DATABASE = "bench_events"
STREAM = "RETAIL_BENCH"
TYPE = "retailmesh.bench.v1.Measured"
KEYS = 500
RECORDED_AT_ONCE = 500
OUTSTANDING = 4000
PACE_SHARE = 0.25
"""Share of the full rate at which the delay is measured: a queue's delay at full rate is its length."""


@dataclass(frozen=True, slots=True)
class EventFigures:
    """Events a second, and the delay from commit to handled at a quarter of that rate, in milliseconds."""

    rate: float
    raw_rate: float
    delay_p50: float
    delay_p99: float


async def measure_events(mesh: Mesh, *, events: int, payload_bytes: int) -> EventFigures:
    """Both paths on the mesh's own servers."""
    server = mesh.state.database_server
    await asyncio.to_thread(drop_databases, server, [DATABASE])
    await asyncio.to_thread(create_databases, server, [DATABASE])
    url = database_url(server, DATABASE)
    await make_tables(url)
    raw = await raw_rate(mesh.nats_url, events, payload_bytes)
    async with consuming(url, mesh.nats_url) as lines:
        broker = await connect_broker(mesh.nats_url, name="bench-relay")
        engine = create_engine(url, application_name="bench", pool_size=2)
        relay = Relay(engine, broker, [STREAM])
        await relay.start()
        rate = await full_rate(engine, lines, events, payload_bytes)
        delays = await paced_delays(engine, lines, rate * PACE_SHARE, payload_bytes)
        await relay.stop()
        await engine.dispose()
        await broker.close()
    return EventFigures(rate, raw, percentile(delays, 0.5) * 1000, percentile(delays, 0.99) * 1000)


async def make_tables(url: str) -> None:
    engine = create_engine(url, application_name="bench", pool_size=1)
    async with transaction(engine) as connection:
        for statement in (*OUTBOX, *INBOX):
            await connection.exec_driver_sql(statement)
    await engine.dispose()


async def raw_rate(url: str, events: int, payload_bytes: int) -> float:
    """nats-py's own pipelined publishing with acknowledgements."""
    client = await nats.connect(url)
    js = client.jetstream(publish_async_max_pending=OUTSTANDING)
    await js.add_stream(name="BENCH_RAW", subjects=["bench.raw"])
    payload = bytes(payload_bytes)
    began = time.perf_counter()
    acknowledgements = [
        await js.publish_async("bench.raw", payload, wait_stall=10, headers={"Nats-Msg-Id": str(number)})
        for number in range(events)
    ]
    await asyncio.gather(*acknowledgements)
    rate = events / (time.perf_counter() - began)
    await js.delete_stream("BENCH_RAW")
    await client.close()
    return rate


async def full_rate(engine, lines, events: int, payload_bytes: int) -> float:
    """Record everything at once, then see how long until all of it is handled."""
    began = time.perf_counter()
    for first in range(0, events, RECORDED_AT_ONCE):
        await record(engine, min(RECORDED_AT_ONCE, events - first), payload_bytes)
    handled = 0
    while handled < events:
        handled += len(json.loads(await lines.readline()))
    return events / (time.perf_counter() - began)


async def paced_delays(engine, lines, rate: float, payload_bytes: int, seconds: float = 4.0) -> list[float]:
    """Record a few events at a time at a steady pace; seconds from the commit to the handler, ascending."""
    each = max(1, int(rate / 100))
    rounds = int(seconds * 100)
    delays: list[float] = []

    async def collect() -> None:
        while len(delays) < rounds * each:
            delays.extend(json.loads(await lines.readline()))

    collecting = asyncio.create_task(collect())
    due = time.perf_counter()
    for _ in range(rounds):
        await record(engine, each, payload_bytes)
        due += 0.01
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
    await collecting
    return sorted(delays)


async def record(engine, count: int, payload_bytes: int) -> None:
    now = datetime.now(UTC)
    payload = bytes(payload_bytes)
    events = [
        Event(TYPE, f"key-{number % KEYS}", "bench", "thing", "measured", payload, uuid4(), now)
        for number in range(count)
    ]
    async with transaction(engine) as connection:
        await record_events(connection, events)


class consuming:
    """The consumer in a process of its own; it writes the delays of each batch as a line of JSON."""

    def __init__(self, url: str, nats_url: str) -> None:
        self._arguments = (url, nats_url)

    async def __aenter__(self) -> asyncio.StreamReader:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.bench.events",
            *self._arguments,
            stdout=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.PIPE,
            env=dict(os.environ),
            limit=2**24,
        )
        await self._process.stdout.readline()
        return self._process.stdout

    async def __aexit__(self, *_: object) -> None:
        self._process.stdin.close()
        await self._process.wait()


async def consume(url: str, nats_url: str) -> None:
    """Handle events until the input ends."""
    engine = create_engine(url, application_name="bench-consumer", pool_size=4)
    broker = await connect_broker(nats_url, name="bench-consumer")

    async def handle(connection: AsyncConnection, events: Sequence[Received]) -> None:
        now = datetime.now(UTC)
        print(json.dumps([(now - event.time).total_seconds() for event in events]), flush=True)

    consumer = Consumer(
        engine,
        broker,
        service="bench",
        name="measured",
        stream=STREAM,
        subjects=["retail.bench.v1.>"],
        handlers={TYPE: handle},
        bounds=Bounds(),
    )
    await consumer.start()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await consumer.stop()
    await engine.dispose()
    await broker.close()


if __name__ == "__main__":
    uvloop.run(consume(*sys.argv[1:]))

"""Servers that are killed while events flow: relay and consumer go on by themselves."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from libs.database import create_engine
from libs.messaging import Bounds, Consumer, Relay, connect_broker, create_inbox_tables, create_outbox_tables
from libs.stack import create_databases, database_url, temporary_mesh
from tests.builders.events import PLACED, numbered
from tests.builders.messaging import ALL_ORDERS, ORDERS, Effects
from tests.builders.polling import poll_until


@pytest.fixture(scope="module")
def servers():
    """PostgreSQL and NATS of this module's own, to be killed; their data survives that."""
    with temporary_mesh(environment={}, durable=True) as mesh:
        mesh.start([])
        create_databases(mesh.state.database_server, ["restarts"])
        yield mesh


@pytest.fixture
async def engine(servers, apply_steps):
    engine = create_engine(
        database_url(servers.state.database_server, "restarts"), application_name="order", pool_timeout=1
    )
    await apply_steps(
        engine,
        lambda op: op.execute("drop table if exists outbox, inbox, inbox_suspect, effect"),
        create_outbox_tables,
        create_inbox_tables,
        Effects.create_table,
    )
    yield engine
    await engine.dispose()


@pytest.fixture
def nats_url(servers):
    return servers.nats_url


@pytest.fixture
async def flow(engine, broker, effects):
    """Relay and consumer, as one service would run them."""
    relay = Relay(engine, broker, [ORDERS])
    consumer = Consumer(
        engine,
        broker,
        service="inventory",
        name="orders",
        stream=ORDERS,
        subjects=ALL_ORDERS,
        handlers={PLACED: effects.write},
        bounds=Bounds(batch=50),
    )
    await relay.start()
    await consumer.start()
    yield relay, consumer
    await consumer.stop()
    await relay.stop()
    js = broker.jetstream()
    for stream in await js.streams_info():
        await js.delete_stream(stream.config.name)


async def write(record, events):
    """Record one by one as a service would, each until the database has taken it."""
    for event in events:
        await poll_until(lambda event=event: taken(record, event), deadline=30)


async def taken(record, event):
    try:
        await record(event)
    except IntegrityError:
        return True  # committed by an attempt whose answer was lost
    except (DBAPIError, OSError):
        return False
    return True


@pytest.mark.parametrize("server", ["nats", "postgres"])
async def test_events_flow_on_after_a_server_was_killed(servers, broker, record, effects, flow, server):
    relay, consumer = flow
    events = numbered(600)
    await poll_until(lambda: relay.healthy() and consumer.healthy())
    writing = asyncio.create_task(write(record, events))
    await poll_until(lambda: some(effects, 50))

    await asyncio.to_thread(servers.kill, server)
    await poll_until(lambda: not relay.healthy() and not consumer.healthy())
    await asyncio.to_thread(servers.start_service, server)

    await writing
    await poll_until(lambda: some(effects, 600), deadline=30)
    await poll_until(lambda: relay.healthy() and consumer.healthy())
    assert len(await effects.bodies()) == 600
    for key in range(5):
        assert await effects.bodies(f"order-{key}") == [str(n) for n in range(600) if n % 5 == key]


async def test_a_consumer_started_before_its_broker_waits_for_it(servers, engine, effects):
    await asyncio.to_thread(servers.kill, "nats")
    connecting = asyncio.create_task(connect_broker(servers.nats_url, name="early"))
    await asyncio.to_thread(servers.start_service, "nats")
    broker = await connecting
    assert broker.is_connected
    await broker.close()


async def some(effects, count):
    return len(await effects.bodies()) >= count

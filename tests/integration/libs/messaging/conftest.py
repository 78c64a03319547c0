import pytest
from sqlalchemy import text

from libs.database import create_engine, transaction
from libs.messaging import (
    Bounds,
    Consumer,
    Relay,
    connect_broker,
    create_inbox_tables,
    create_outbox_tables,
    ensure_streams,
    record_events,
)
from tests.builders.events import PLACED
from tests.builders.messaging import ALL_ORDERS, ORDERS, Effects

QUICK = Bounds(attempts=3, first_backoff=0.01, longest_backoff=0.05)


@pytest.fixture
async def engine(database_url, apply_steps):
    """A database with outbox, inbox and a table of effects."""
    engine = create_engine(database_url, application_name="order")
    await apply_steps(engine, create_outbox_tables, create_inbox_tables, Effects.create_table)
    yield engine
    await engine.dispose()


@pytest.fixture
async def broker(nats_url):
    broker = await connect_broker(nats_url, name="test")
    yield broker
    await broker.close()


@pytest.fixture
async def orders(broker):
    """The stream of order events, empty."""
    await ensure_streams(broker.jetstream(), [ORDERS])
    return ORDERS


@pytest.fixture
def record(engine):
    async def record(*events):
        async with transaction(engine) as connection:
            await record_events(connection, events)

    return record


@pytest.fixture
async def relay(engine, broker):
    relay = Relay(engine, broker, [ORDERS])
    await relay.start()
    yield relay
    await relay.stop()


@pytest.fixture
def effects(engine):
    return Effects(engine)


@pytest.fixture
def unpublished(engine):
    async def count():
        async with transaction(engine) as connection:
            query = text("select count(*) from outbox where published_at is null")
            return (await connection.execute(query)).scalar_one()

    return count


@pytest.fixture
async def consume(engine, broker, orders, relay):
    """Starts a consumer of all orders."""
    started = []

    async def start(handlers, bounds=QUICK, nats=broker):
        consumer = Consumer(
            engine,
            nats,
            service="inventory",
            name="orders",
            stream=ORDERS,
            subjects=ALL_ORDERS,
            handlers=handlers if isinstance(handlers, dict) else {PLACED: handlers},
            bounds=bounds,
        )
        started.append(consumer)
        await consumer.start()
        return consumer

    yield start
    for consumer in started:
        await consumer.stop()

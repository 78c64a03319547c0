import pytest
from sqlalchemy import text

from libs.database import create_engine, transaction
from libs.messaging import (
    Relay,
    connect_broker,
    create_inbox_tables,
    create_outbox_tables,
    ensure_streams,
    record_events,
)
from tests.builders.messaging import ORDERS, Effects


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

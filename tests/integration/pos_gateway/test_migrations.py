import pytest
from sqlalchemy import text

from libs.database import create_engine, downgrade, migrate

TABLES = """
    select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'
"""
SCRIPTS = "services/pos_gateway/migrations"


@pytest.fixture
def service_name():
    return ""


async def tables(url):
    engine = create_engine(url, application_name="test")
    async with engine.connect() as connection:
        found = await connection.execute(text(TABLES))
        names = set(found.scalars())
    await engine.dispose()
    return names


async def test_migrations_go_up_and_down_and_up(database_url):
    migrate(database_url, SCRIPTS)
    made = await tables(database_url)
    assert {"raw_messages", "raw_messages_refused", "till_transaction", "outbox", "idempotency"} <= made
    downgrade(database_url, SCRIPTS)
    assert await tables(database_url) == set()
    migrate(database_url, SCRIPTS)
    assert await tables(database_url) == made

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from libs.database import create_engine, downgrade, migrate
from services.inventory.adapters.tables import metadata

SCRIPTS = Path(__file__).parents[3] / "services" / "inventory" / "migrations"


@pytest.fixture
def empty_database(migrated_database) -> str:
    return migrated_database("")


async def tables_of(url: str) -> set[str]:
    engine = create_engine(url, application_name="test")
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'"
        )
        tables = set(found.scalars())
    await engine.dispose()
    return tables


def test_what_goes_up_comes_down_and_up_again(empty_database):
    migrate(empty_database, SCRIPTS)
    migrated = asyncio.run(tables_of(empty_database))
    assert migrated > set(metadata.tables)
    downgrade(empty_database, SCRIPTS)
    assert asyncio.run(tables_of(empty_database)) == set()
    migrate(empty_database, SCRIPTS)
    assert asyncio.run(tables_of(empty_database)) == migrated


async def test_the_migrated_tables_are_those_that_the_statements_expect(worker):
    def differences(connection):
        options = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        return compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    async with worker.engine.connect() as connection:
        assert await connection.run_sync(differences) == []

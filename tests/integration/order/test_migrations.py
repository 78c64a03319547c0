from sqlalchemy import text

from libs.database import create_engine, downgrade, migrate

SCRIPTS = "services/order/migrations"


async def tables(url):
    engine = create_engine(url, application_name="test")
    async with engine.connect() as connection:
        found = await connection.execute(text("select tablename from pg_tables where schemaname = 'public'"))
        names = set(found.scalars())
    await engine.dispose()
    return names


async def test_the_tables_go_as_they_came(database_url):
    before = await tables(database_url)
    downgrade(database_url, SCRIPTS)
    assert await tables(database_url) == {"alembic_version"}
    migrate(database_url, SCRIPTS)
    assert await tables(database_url) == before

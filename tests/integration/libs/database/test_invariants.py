import pytest
from sqlalchemy import text

from libs.database import Violation, create_engine, run_invariants, transaction

QUERIES = """
-- name: no stock below zero
select sku, milli from level where milli < 0;

-- name: every sku has a title, also 100% of the odd ones
select sku from level
where title is null  -- or blank
"""


@pytest.fixture
async def engine(database_url):
    engine = create_engine(database_url, application_name="inventory")
    async with transaction(engine) as connection:
        await connection.execute(text("create table level (sku text, milli bigint, title text)"))
        await connection.execute(text("insert into level values ('hammer', 2000, 'Hammer')"))
    yield engine
    await engine.dispose()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "invariants.sql"
    path.write_text(QUERIES)
    return path


async def test_invariants_that_hold_give_no_violation(engine, path):
    assert await run_invariants(engine, path) == []


async def test_a_violation_names_the_invariant_and_shows_its_rows(engine, path):
    async with transaction(engine) as connection:
        await connection.execute(text("insert into level values ('nail', -1, 'Nail')"))
    assert await run_invariants(engine, path) == [
        Violation("no stock below zero", [{"sku": "nail", "milli": -1}])
    ]


@pytest.mark.parametrize("content", ["", "select 1", "-- name: a\nselect 1\n-- name: a\nselect 2"])
async def test_a_file_without_distinct_names_is_refused(engine, path, content):
    path.write_text(content)
    with pytest.raises(ValueError, match="name"):
        await run_invariants(engine, path)

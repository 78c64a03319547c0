import asyncio
import sys
from textwrap import dedent

import pytest

from libs.database import connect, downgrade, migrate

ENV = "from libs.database import run_migrations_env\n\nrun_migrations_env()\n"
FIRST = """
    from alembic import op
    revision, down_revision = "0001", None
    def upgrade():
        op.execute("create table product (sku text primary key)")
    def downgrade():
        op.execute("drop table product")
"""
SECOND = """
    from alembic import op
    revision, down_revision = "0002", "0001"
    def upgrade():
        op.execute("alter table product add column title text")
    def downgrade():
        op.execute("alter table product drop column title")
"""


@pytest.fixture
def scripts(tmp_path):
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(ENV)
    (tmp_path / "versions" / "0001_pre_product.py").write_text(dedent(FIRST))
    (tmp_path / "versions" / "0002_pre_title.py").write_text(dedent(SECOND))
    return tmp_path


async def columns_of_product(database_url):
    connection = await connect(database_url, application_name="test")
    rows = await connection.fetch(
        "select column_name from information_schema.columns where table_name = 'product' order by 1"
    )
    await connection.close()
    return [row["column_name"] for row in rows]


def test_migrations_go_up_and_down_again(database_url, scripts):
    migrate(database_url, scripts)
    assert asyncio.run(columns_of_product(database_url)) == ["sku", "title"]
    downgrade(database_url, scripts, "0001")
    assert asyncio.run(columns_of_product(database_url)) == ["sku"]
    downgrade(database_url, scripts)
    assert asyncio.run(columns_of_product(database_url)) == []
    migrate(database_url, scripts)
    assert asyncio.run(columns_of_product(database_url)) == ["sku", "title"]


async def test_migrations_run_from_inside_an_event_loop(database_url, scripts):
    migrate(database_url, scripts)
    assert await columns_of_product(database_url) == ["sku", "title"]


async def test_two_threads_migrating_at_once_do_the_work_once(database_url, scripts):
    await asyncio.gather(*(asyncio.to_thread(migrate, database_url, scripts) for _ in range(2)))
    assert await columns_of_product(database_url) == ["sku", "title"]


async def test_two_processes_migrating_at_once_do_the_work_once(database_url, scripts):
    program = f"from libs.database import migrate; migrate({database_url!r}, {str(scripts)!r})"
    runners = [await asyncio.create_subprocess_exec(sys.executable, "-c", program) for _ in range(2)]
    assert [await runner.wait() for runner in runners] == [0, 0]
    assert await columns_of_product(database_url) == ["sku", "title"]


async def test_a_failing_migration_leaves_the_steps_before_it(database_url, scripts):
    broken = dedent(SECOND).replace(
        "alter table product add", "create table aside (); alter tabel product add"
    )
    (scripts / "versions" / "0002_pre_title.py").write_text(broken)
    with pytest.raises(Exception, match="syntax error"):
        migrate(database_url, scripts)
    assert await columns_of_product(database_url) == ["sku"]

"""Alembic driven by the program: no ini file, one line of env.py, safe when two runners start at once."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from libs.database.engine import asyncpg_url, server_settings

# Alembic is imported where it is used: a service never migrates, and would start a quarter slower.
if TYPE_CHECKING:
    from alembic.config import Config

# Any number will do, as long as every runner takes the same one.
MIGRATION_LOCK = 7_267_180_001
WAIT_FOR_OTHER_RUNNER_SECONDS = 300
# A migration that queues for a table lock makes every later query queue behind it.
TABLE_LOCK_SECONDS = 10
# Alembic keeps the running environment in module globals.
one_run_per_process = threading.Lock()


def migrate(url: str, script_location: str | Path, revision: str = "head") -> None:
    """Bring the database up to ``revision``. A second runner waits for the first and finds nothing to do."""
    from alembic import command

    run_command(lambda config: command.upgrade(config, revision), url, script_location)


def downgrade(url: str, script_location: str | Path, revision: str = "base") -> None:
    """Take the database back to ``revision``."""
    from alembic import command

    run_command(lambda config: command.downgrade(config, revision), url, script_location)


def run_command(run: "Callable[[Config], None]", url: str, script_location: str | Path) -> None:
    """A thread of its own, because a caller may be inside an event loop and env.py needs a new one."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    config.attributes["url"] = url
    with one_run_per_process, ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(run, config).result()


def run_migrations_env(metadata: MetaData | None = None) -> None:
    """The whole of a service's env.py. Started by alembic's own command, it takes DATABASE_URL."""
    from alembic import context

    url = context.config.attributes.get("url") or os.environ["DATABASE_URL"]
    asyncio.run(migrate_online(url, metadata))


async def migrate_online(url: str, metadata: MetaData | None) -> None:
    engine = create_async_engine(
        asyncpg_url(url),
        poolclass=NullPool,
        connect_args={"server_settings": server_settings("migrate", 0, WAIT_FOR_OTHER_RUNNER_SECONDS)},
    )
    async with engine.connect() as connection:
        await connection.execute(text(f"select pg_advisory_lock({MIGRATION_LOCK})"))
        await connection.execute(text(f"set lock_timeout = '{TABLE_LOCK_SECONDS}s'"))
        await connection.commit()
        await connection.run_sync(run_steps, metadata)
    await engine.dispose()


def run_steps(connection: Connection, metadata: MetaData | None) -> None:
    from alembic import context

    context.configure(connection=connection, target_metadata=metadata, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()

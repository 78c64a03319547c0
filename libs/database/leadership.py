"""One process at a time does a job: a PostgreSQL advisory lock held by a session of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import URL

from libs.database.engine import connect

if TYPE_CHECKING:
    import asyncpg

TRY_LOCK = "select pg_try_advisory_lock(hashtextextended($1, 0))"
CLOSE_TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Lead:
    """The lock is held as long as ``connection`` lives; ``lost`` is set when it died."""

    connection: "asyncpg.Connection[asyncpg.Record]"
    lost: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def leadership(
    url: str | URL,
    job: str,
    *,
    application_name: str,
    standing_by: Callable[[], None],
    retry_seconds: float = 0.5,
) -> AsyncIterator[Lead]:
    """Wait to become the only leader of ``job`` in this database, and lead until the block ends.

    A dead leader's lock goes with its session, and another process takes over within ``retry_seconds``.
    ``standing_by`` is called once the database is reached, before the wait.
    """
    connection = await connect(url, application_name=application_name)
    try:
        standing_by()
        # Waiting inside PostgreSQL would hold a snapshot, and with it vacuum, for as long as another leads.
        while not await connection.fetchval(TRY_LOCK, job):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(retry_seconds)
        lead = Lead(connection)
        connection.add_termination_listener(lambda _: lead.lost.set())
        yield lead
    finally:
        await close(connection)


async def close(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await connection.close(timeout=CLOSE_TIMEOUT_SECONDS)
    except Exception:
        # The session is gone or hangs; either way its socket is closed, which releases the lock.
        connection.terminate()

"""Looking at the raw messages of a gateway, and waiting until it is done with them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, run_invariants, transaction
from libs.intake import Limits
from tests.builders.polling import poll_until

QUICK = Limits(
    first_backoff=timedelta(milliseconds=10),
    longest_backoff=timedelta(milliseconds=50),
    longest_pause=timedelta(milliseconds=50),
    sweep=timedelta(milliseconds=200),
)
OPEN = (1, 3)
"""Numbers of the states RECEIVED and WAITING."""


def utc_now():
    return datetime.now(UTC)


@asynccontextmanager
async def database_of(url: str, service: str) -> AsyncIterator[AsyncEngine]:
    """Whatever happens within the block, the service's invariants hold after it."""
    engine = create_engine(url, application_name="test")
    yield engine
    violations = await run_invariants(engine, f"services/{service}/invariants.sql")
    await engine.dispose()
    assert violations == []


def rows_of(engine):
    """``await rows("select ...")``, by default all raw messages."""

    async def select(sql="select * from raw_messages order by position"):
        async with transaction(engine) as connection:
            result = await connection.execute(text(sql))
            return result.mappings().all() if result.returns_rows else []

    return select


def settling(rows):
    """Waits until nothing is left to do, and answers (topic, state, reason) of each message."""

    async def wait(*, waiting=0):
        async def found():
            all_rows = await rows()
            states = [row["state"] for row in all_rows]
            return states.count("received") == 0 and states.count("waiting") == waiting and all_rows

        return [(row["topic"], row["state"], row["reason"]) for row in await poll_until(found)]

    return wait


async def summary_settled(stub, contract):
    """Waits until a gateway's summary tells of nothing that is left to do."""

    async def nothing_open():
        answer = await stub.SummarizeMessages(contract.SummarizeMessagesRequest())
        return all(one.state not in OPEN for one in answer.counts)

    await poll_until(nothing_open)

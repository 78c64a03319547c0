"""Engines and connections, with the bounds every service wants."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import asyncpg
from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from libs.database.statement_spans import record_statements

CONNECT_TIMEOUT_SECONDS = 5.0
PREPARED_STATEMENTS = 500
IDLE_IN_TRANSACTION_SECONDS = 60.0
# A host that vanished must not hold an advisory lock for the two hours that TCP would grant it.
KEEPALIVES = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}


class DatabaseSettings(Protocol):
    """The fields of a service's settings that say where its database is and bound its use."""

    @property
    def service(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def database_pool_size(self) -> int: ...
    @property
    def database_statement_timeout(self) -> float: ...
    @property
    def database_lock_timeout(self) -> float: ...


def engine_of(settings: DatabaseSettings, pool_size: int | None = None) -> AsyncEngine:
    """The engine of a service's own database; ``pool_size`` stands in for the settings' where it is given."""
    return create_engine(
        settings.database_url,
        application_name=settings.service,
        pool_size=settings.database_pool_size if pool_size is None else pool_size,
        statement_timeout=settings.database_statement_timeout,
        lock_timeout=settings.database_lock_timeout,
    )


def create_engine(
    url: str,
    *,
    application_name: str,
    pool_size: int = 8,
    pool_timeout: float = 5.0,
    statement_timeout: float = 30.0,
    lock_timeout: float = 10.0,
) -> AsyncEngine:
    """An engine with at most ``pool_size`` connections; a caller waits ``pool_timeout`` seconds for one.

    ``url`` is ``postgresql://user@/db?host=/socket/dir`` or the TCP form. Connections are not pinged before
    use: when PostgreSQL restarts, the calls under way fail as unavailable and the pool replaces the rest.
    """
    engine = create_async_engine(
        asyncpg_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        pool_use_lifo=True,
        # A failed statement's parameters may be personal data, and its message goes to the log.
        hide_parameters=True,
        connect_args={
            "async_creator_fn": connect_in_time,
            "prepared_statement_cache_size": PREPARED_STATEMENTS,
            "server_settings": server_settings(application_name, statement_timeout, lock_timeout),
        },
    )
    record_statements(engine)
    return engine


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction: committed when the block ends, rolled back when an exception leaves it."""
    async with engine.begin() as connection:
        yield connection


async def ping(engine: AsyncEngine) -> None:
    """Raises what the database raises when it cannot answer."""
    async with engine.connect() as connection:
        await connection.execute(text("select 1"))


async def connect(
    url: str | URL, *, application_name: str, statement_timeout: float = 30.0
) -> "asyncpg.Connection[asyncpg.Record]":
    """A driver connection outside any pool, for what belongs to one session: advisory locks and LISTEN."""
    return await connect_in_time(
        make_url(url).set(drivername="postgresql").render_as_string(hide_password=False),
        server_settings=server_settings(application_name, statement_timeout, statement_timeout) | KEEPALIVES,
    )


async def connect_in_time(*args: Any, **kwargs: Any) -> "asyncpg.Connection[asyncpg.Record]":
    """asyncpg's connect; a server that does not answer in time is as unreachable as one that refuses."""
    try:
        return await asyncpg.connect(*args, timeout=CONNECT_TIMEOUT_SECONDS, **kwargs)
    except TimeoutError as error:
        raise ConnectionError("the database did not answer in time") from error


def asyncpg_url(url: str | URL) -> URL:
    return make_url(url).set(drivername="postgresql+asyncpg")


def server_settings(application_name: str, statement_timeout: float, lock_timeout: float) -> dict[str, str]:
    """Run-time settings of a connection. The just-in-time compiler only slows short statements down."""
    return {
        "application_name": application_name,
        "statement_timeout": milliseconds(statement_timeout),
        "lock_timeout": milliseconds(lock_timeout),
        "idle_in_transaction_session_timeout": milliseconds(IDLE_IN_TRANSACTION_SECONDS),
        "timezone": "UTC",
        "jit": "off",
    }


def milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))

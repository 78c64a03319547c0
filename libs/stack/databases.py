"""Databases on a server, embedded or not."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from libs.stack.errors import StackError

T = TypeVar("T")
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

CONNECT_SECONDS = 5.0


def database_url(server: str, database: str) -> str:
    """The server's URL with this database's name in it."""
    parts = urlsplit(server)
    # urlunsplit drops the empty host of "user@/", which says that the socket's folder follows in the query.
    return urlunsplit(parts._replace(path=f"/{quote(database)}"))


def create_databases(server: str, names: Iterable[str]) -> list[str]:
    """Create those that do not exist, at the same time: each waits for the disk. Returns their names."""

    async def create_missing(connection: Connection) -> list[str]:
        rows = await connection.fetch("select datname from pg_database")
        missing = sorted(set(names) - {row["datname"] for row in rows})
        await asyncio.gather(*(connected(server, partial(create, name)) for name in missing))
        return missing

    return on_server(server, create_missing)


async def create(name: str, connection: Connection) -> None:
    # Another start of the same mesh may be quicker.
    with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        await connection.execute(f"create database {quoted(name)}")


def clone_database(server: str, template: str, name: str) -> None:
    """A copy of ``template``, to which nobody may be connected."""
    on_server(server, lambda it: it.execute(f"create database {quoted(name)} template {quoted(template)}"))


def drop_databases(server: str, names: Iterable[str]) -> None:
    """Sessions on them are ended; a database that does not exist is no error."""

    async def drop(connection: Connection) -> None:
        for name in names:
            await connection.execute(f"drop database if exists {quoted(name)} with (force)")

    on_server(server, drop)


def quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def on_server(server: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Run against the server's own database, also when the caller is inside an event loop."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, connected(server, work)).result()


async def connected(server: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    try:
        connection = await asyncpg.connect(server, timeout=CONNECT_SECONDS)
    except (OSError, asyncpg.PostgresError) as error:
        raise StackError(f"PostgreSQL cannot be reached: {error}") from None
    try:
        return await work(connection)
    finally:
        await connection.close()

"""When a mesh has nothing left to do, and whether what it did adds up."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import nats

from libs.database import create_engine, run_invariants
from libs.stack import Mesh
from libs.stack.table import ROOT
from tests.builders.polling import poll_until

# What is under way in a service's database; a service's table of work is named where it has one.
UNDER_WAY = {
    "outbox": "select count(*) from outbox where published_at is null",
    "raw_messages": "select count(*) from raw_messages where state = 'received'",
    "instructions": "select count(*) from instructions",
    "posting": "select count(*) from posting where state in ('PENDING', 'POSTING')",
}
TABLES = "select table_name from information_schema.tables where table_name = any($1::text[])"
QUIET_LOOKS = 2
"""Between two looks, what one service hands on reaches the next."""


async def under_way(mesh: Mesh) -> dict[str, int]:
    """What is left to do, by where it lies; empty when all is quiet. Messages that wait for others are not
    counted."""
    found: dict[str, int] = {}
    for name in mesh.state.services:
        if mesh.table[name].database:
            found |= {f"{name} {what}": count for what, count in (await counts(mesh, name)).items() if count}
    return found | {f"consumer {name}": count for name, count in (await unhandled(mesh)).items() if count}


async def counts(mesh: Mesh, service: str) -> dict[str, int]:
    async with connected(mesh, service) as connection:
        tables = {row[0] for row in await connection.fetch(TABLES, list(UNDER_WAY))}
        return {table: await connection.fetchval(UNDER_WAY[table]) for table in sorted(tables)}


async def unhandled(mesh: Mesh) -> dict[str, int]:
    client = await nats.connect(mesh.nats_url)
    try:
        js = client.jetstream()
        consumers = [
            one for stream in await js.streams_info() for one in await js.consumers_info(stream.config.name)
        ]
        return {one.name: (one.num_pending or 0) + (one.num_ack_pending or 0) for one in consumers}
    finally:
        await client.close()


async def until_quiet(mesh: Mesh, deadline: float = 40) -> None:
    """AssertionError with what is left after ``deadline`` seconds."""
    looks = 0
    left: Mapping[str, int] = {}

    async def quiet() -> bool:
        nonlocal looks, left
        left = await under_way(mesh)
        looks = 0 if left else looks + 1
        return looks >= QUIET_LOOKS

    try:
        await poll_until(quiet, deadline)
    except AssertionError:
        raise AssertionError(f"not quiet within {deadline} s: {left}") from None


async def broken_invariants(mesh: Mesh) -> dict[str, Any]:
    """The first rows of each broken invariant of every service of the mesh, by service and name."""
    broken: dict[str, Any] = {}
    for name in mesh.state.services:
        path = ROOT / "services" / name / "invariants.sql"
        if not mesh.table[name].database or not path.exists():
            continue
        engine = create_engine(mesh.database_url(name), application_name="tests", pool_size=1)
        try:
            violations = await run_invariants(engine, path)
        finally:
            await engine.dispose()
        broken |= {f"{name}: {it.name}": it.rows for it in violations}
    return broken


async def rows(mesh: Mesh, service: str, query: str, *arguments: Any) -> list[dict[str, Any]]:
    async with connected(mesh, service) as connection:
        return [dict(row) for row in await connection.fetch(query, *arguments)]


@asynccontextmanager
async def connected(mesh: Mesh, service: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(mesh.database_url(service))
    try:
        yield connection
    finally:
        await connection.close()

"""Queries that must return no row, run against one snapshot."""

import re
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

HEADER = re.compile(r"^--\s*name:\s*(\S.*?)\s*$", re.MULTILINE)
ROWS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Violation:
    """A broken invariant and the first rows that break it."""

    name: str
    rows: list[dict[str, object]]


async def run_invariants(engine: AsyncEngine, path: str | Path) -> list[Violation]:
    """Run each ``-- name: ...`` query of the file; an empty list means that all invariants hold."""
    violations = []
    async with engine.connect() as connection:
        connection = await connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        for name, query in queries_of(path).items():
            result = await connection.exec_driver_sql(
                f"select * from ({query}\n) as broken limit {ROWS_SHOWN}"
            )
            if rows := [dict(row) for row in result.mappings()]:
                violations.append(Violation(name, rows))
    return violations


def queries_of(path: str | Path) -> dict[str, str]:
    return named_queries(Path(path).read_text(encoding="utf-8"))


def named_queries(text: str) -> dict[str, str]:
    """The queries of a file by name. Raises ValueError on a repeated name or a file without any."""
    _, *parts = HEADER.split(text)
    names, bodies = parts[::2], parts[1::2]
    queries = {name: body.strip().rstrip(";") for name, body in zip(names, bodies, strict=True)}
    if not queries or len(queries) < len(names):
        raise ValueError("each query needs a '-- name:' line of its own")
    return queries

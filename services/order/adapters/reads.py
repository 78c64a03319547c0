"""Listing and counting orders in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncEngine

from services.order.adapters import statements
from services.order.application.ports import (
    Counts,
    ListedEvent,
    ListedOrder,
    ListedReturn,
    OrderCount,
    Wanted,
)


class PostgresReads:
    """The `Reads` port. The statements select columns in the order of the tuples made of them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def list_orders(self, wanted: Wanted, after: int, limit: int) -> list[ListedOrder]:
        page = {"after": after, "limit": limit}
        return [ListedOrder(*row) for row in await self._rows(statements.LIST_ORDERS, asked(wanted) | page)]

    async def list_unlinked_returns(
        self, channel: str, after: tuple[str, str], limit: int
    ) -> list[ListedReturn]:
        page = {"channel": channel, "channel_after": after[0], "return_after": after[1], "limit": limit}
        return [ListedReturn(*row) for row in await self._rows(statements.LIST_UNLINKED_RETURNS, page)]

    async def history(self, order_id: str) -> list[ListedEvent]:
        return [ListedEvent(*row) for row in await self._rows(statements.HISTORY, {"order_id": order_id})]

    async def count(self, wanted: Wanted) -> Counts:
        filters = asked(wanted)
        [split] = await self._rows(statements.COUNT_SPLIT_ORDERS, filters)
        [returns] = await self._rows(statements.COUNT_RETURNS, filters)
        counts = [OrderCount(*row) for row in await self._rows(statements.COUNT_ORDERS, filters)]
        return Counts(counts, split[0], returns[0])

    async def _rows(self, statement: TextClause, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        async with self._engine.connect() as connection:
            return (await connection.execute(statement, parameters)).all()


def asked(wanted: Wanted) -> dict[str, Any]:
    return asdict(wanted) | {"states": list(wanted.states)}

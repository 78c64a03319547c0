"""Reading postings, as they are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.refusals import NotFound
from retailmesh.erp.v1 import erp_service_pb2, posting_pb2
from services.erp_gateway import convert
from services.erp_gateway.adapters import rows, statements


class PostgresPostingReads:
    """The reads of the gRPC face."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def get_posting(self, posting_id: UUID) -> posting_pb2.Posting:
        async with self._engine.connect() as connection:
            found = await connection.execute(statements.GET_POSTING, {"posting_id": posting_id})
            row = found.mappings().first()
        if row is None:
            raise NotFound(f"no posting {posting_id}", field="posting_id")
        return convert.posting_to_proto(rows.posting_from_row(row), row)

    async def list_postings(
        self, order_id: str, states: Sequence[str], after: int, limit: int
    ) -> Sequence[tuple[int, posting_pb2.Posting]]:
        query = statements.list_postings(order_id, list(states))
        asked: dict[str, Any] = {"after": after, "limit": limit}
        if order_id:
            asked["order_id"] = order_id
        if states:
            asked["states"] = list(states)
        async with self._engine.connect() as connection:
            found = (await connection.execute(query, asked)).mappings().all()
        return [(row["position"], convert.posting_to_proto(rows.posting_from_row(row), row)) for row in found]

    async def list_calls(self, posting_id: UUID) -> Sequence[erp_service_pb2.ErpCall]:
        async with self._engine.connect() as connection:
            found = await connection.execute(statements.LIST_CALLS, {"posting_id": posting_id})
        return [convert.call_to_proto(row) for row in found.mappings()]

    async def backlog(self, since: datetime) -> Mapping[str, Any]:
        async with self._engine.connect() as connection:
            postings = (await connection.execute(statements.BACKLOG, {"since": since})).mappings().one()
            calls = (await connection.execute(statements.CALLS_SUMMARY)).mappings().one()
        return {**postings, **calls}

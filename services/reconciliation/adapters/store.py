"""Runs and breaks in PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import transaction
from libs.idempotency import Answer, recall, remember
from libs.messaging import record_events
from libs.refusals import NotFound, Refusal
from libs.telemetry import current_traceparent
from retailmesh.reconciliation.v1 import reconciliation_pb2
from services.reconciliation import convert
from services.reconciliation.adapters import statements
from services.reconciliation.application.ports import Call
from services.reconciliation.domain.breaks import Break
from services.reconciliation.domain.run import Run

RPC = "RunReconciliation"


class PostgresTransaction:
    """The `Transaction` port on one connection."""

    def __init__(self, connection: AsyncConnection, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._new_id = new_id

    async def recall(self, call: Call) -> str | None:
        known = await recall(self._connection, RPC, {call.request_id: call.digest})
        answer = known.get(call.request_id)
        if isinstance(answer, Refusal):
            raise answer
        return answer.decode() if answer is not None else None

    async def save(self, call: Call, run: Run) -> None:
        await self._connection.execute(statements.INSERT_RUN, _run_row(run))
        breaks = [(self._new_id(), found) for found in run.breaks]
        if breaks:
            rows = [_break_row(run, number, *item) for number, item in enumerate(breaks, start=1)]
            await self._connection.execute(statements.INSERT_BREAKS, rows)
        trace = current_traceparent()
        found = [convert.break_found(run, str(one), item, self._new_id(), trace) for one, item in breaks]
        finished = convert.run_finished(run, self._new_id(), trace)
        await record_events(self._connection, [*found, finished])
        await remember(self._connection, RPC, [Answer(call.request_id, call.digest, run.run_id.encode())])


def _run_row(run: Run) -> dict[str, object]:
    return {
        "run_id": UUID(run.run_id),
        "business_date": run.business_date,
        "finished_at": run.finished_at,
        "breaks": len(run.breaks),
        "message": convert.run_to_proto(run).SerializeToString(),
    }


def _break_row(run: Run, number: int, break_id: UUID, found: Break) -> dict[str, object]:
    return {
        "run_id": UUID(run.run_id),
        "position": number,
        "break_id": break_id,
        "kind": found.kind.value,
        "subject": found.subject,
        "message": convert.break_to_proto(str(break_id), found).SerializeToString(),
    }


class PostgresStore:
    """The `Store` port, and the reads that answer with what was kept."""

    def __init__(self, engine: AsyncEngine, new_id: Callable[[], UUID]) -> None:
        self._engine = engine
        self._new_id = new_id

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        async with transaction(self._engine) as connection:
            yield PostgresTransaction(connection, self._new_id)

    async def find_run(self, run_id: str) -> reconciliation_pb2.Run:
        """Raises `NotFound`."""
        async with self._engine.connect() as connection:
            kept = await connection.scalar(statements.FIND_RUN, {"run_id": UUID(run_id)})
        if kept is None:
            raise NotFound(f"no run {run_id}", field="run_id")
        return reconciliation_pb2.Run.FromString(kept)

    async def list_breaks(
        self, run_id: str, after: int, limit: int
    ) -> list[tuple[int, reconciliation_pb2.Break]]:
        """Breaks with their positions, from behind ``after`` on. Raises `NotFound` for an unknown run."""
        await self.find_run(run_id)
        asked = {"run_id": UUID(run_id), "after": after, "limit": limit}
        async with self._engine.connect() as connection:
            rows = await connection.execute(statements.LIST_BREAKS, asked)
        return [(row.position, reconciliation_pb2.Break.FromString(row.message)) for row in rows]

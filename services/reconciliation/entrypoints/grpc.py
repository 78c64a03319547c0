"""The gRPC face of reconciliation."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from grpc.aio import ServicerContext

from libs.idempotency import digest_of
from libs.paging import DEFAULT_PAGE_SIZE, page_of, position_of
from libs.refusals import InvalidField
from retailmesh.reconciliation.v1 import reconciliation_service_pb2 as pb
from retailmesh.reconciliation.v1 import reconciliation_service_pb2_grpc
from retailmesh.reconciliation.v1.reconciliation_pb2 import Break, Run
from retailmesh.type.v1.page_pb2 import PageResponse
from services.reconciliation import convert
from services.reconciliation.application.ports import Call, Store, Systems
from services.reconciliation.application.run_reconciliation import Asked, run_reconciliation


class RunReads(Protocol):
    """Runs as they were kept. Both raise `NotFound` for an unknown run."""

    async def find_run(self, run_id: str) -> Run: ...

    async def list_breaks(self, run_id: str, after: int, limit: int) -> Sequence[tuple[int, Break]]:
        """Breaks with their positions, from behind ``after`` on."""


class ReconciliationServicer(reconciliation_service_pb2_grpc.ReconciliationServiceServicer):
    """Every request has passed its contract's rules and its policy; a refusal becomes a status outside."""

    def __init__(
        self,
        store: Store,
        reads: RunReads,
        systems: Systems,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._store = store
        self._reads = reads
        self._systems = systems
        self._now = now
        self._new_id = new_id

    async def RunReconciliation(
        self, request: pb.RunReconciliationRequest, context: ServicerContext
    ) -> pb.RunReconciliationResponse:
        run_id = await run_reconciliation(
            self._systems,
            self._store,
            Call(request.request_id, digest_of(request)),
            asked_of(request),
            str(self._new_id()),
            self._now,
        )
        return pb.RunReconciliationResponse(run=await self._reads.find_run(run_id))

    async def GetRun(self, request: pb.GetRunRequest, context: ServicerContext) -> pb.GetRunResponse:
        return pb.GetRunResponse(run=await self._reads.find_run(request.run_id))

    async def ListBreaks(
        self, request: pb.ListBreaksRequest, context: ServicerContext
    ) -> pb.ListBreaksResponse:
        scope = f"ListBreaks/{request.run_id}"
        (after,) = position_of(scope, request.page.page_token) or ("0",)
        size = request.page.page_size or DEFAULT_PAGE_SIZE
        rows = await self._reads.list_breaks(request.run_id, int(after), size + 1)
        page = page_of(scope, rows, size, lambda row: (str(row[0]),))
        return pb.ListBreaksResponse(
            breaks=[found for _, found in page.rows], page=PageResponse(next_page_token=page.next_token)
        )


def asked_of(request: pb.RunReconciliationRequest) -> Asked:
    """Raises `InvalidField` for a day that the calendar does not have."""
    try:
        business_date = convert.date_from_proto(request.business_date)
    except ValueError as error:
        raise InvalidField("business_date is no day of the calendar", field="business_date") from error
    return Asked(business_date, request.allowed_backlog)

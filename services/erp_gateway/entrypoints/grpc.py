"""The gRPC face of the ERP gateway."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from grpc.aio import ServicerContext

from libs.database import retry_conflicts
from libs.idempotency import digest_of
from libs.paging import DEFAULT_PAGE_SIZE, page_of, position_of
from retailmesh.erp.v1 import erp_service_pb2 as pb
from retailmesh.erp.v1 import erp_service_pb2_grpc, posting_pb2
from retailmesh.type.v1.page_pb2 import PageResponse
from services.erp_gateway import convert
from services.erp_gateway.application.ports import Call, Erp, Store
from services.erp_gateway.application.retry_posting import retry_posting
from services.erp_gateway.entrypoints.desk import Desk

RATE_WINDOW = timedelta(minutes=1)


class PostingReads(Protocol):
    """Postings as they are kept."""

    async def get_posting(self, posting_id: UUID) -> posting_pb2.Posting:
        """Raises `NotFound`."""

    async def list_postings(
        self, order_id: str, states: Sequence[str], after: int, limit: int
    ) -> Sequence[tuple[int, posting_pb2.Posting]]:
        """Postings with their positions, oldest first."""

    async def list_calls(self, posting_id: UUID) -> Sequence[pb.ErpCall]: ...

    async def backlog(self, since: datetime) -> Mapping[str, Any]:
        """Counts, lags in seconds, and what was posted after ``since``."""


@dataclass(frozen=True, slots=True)
class Faces:
    """What the servicer answers from."""

    store: Store
    reads: PostingReads
    erp: Erp
    desk: Desk
    now: Callable[[], datetime]


class ErpGatewayServicer(erp_service_pb2_grpc.ErpGatewayServiceServicer):
    """Every request has passed its contract's rules and its policy; a refusal becomes a status outside."""

    def __init__(self, faces: Faces) -> None:
        self._on = faces

    async def GetPosting(
        self, request: pb.GetPostingRequest, context: ServicerContext
    ) -> pb.GetPostingResponse:
        return pb.GetPostingResponse(posting=await self._on.reads.get_posting(UUID(request.posting_id)))

    async def ListPostings(
        self, request: pb.ListPostingsRequest, context: ServicerContext
    ) -> pb.ListPostingsResponse:
        states = convert.posting_states(list(request.states))
        scope = f"ListPostings/{request.order_id}/{','.join(states)}"
        (after,) = position_of(scope, request.page.page_token) or ("0",)
        size = request.page.page_size or DEFAULT_PAGE_SIZE
        rows = await self._on.reads.list_postings(request.order_id, states, int(after), size + 1)
        page = page_of(scope, rows, size, lambda row: (str(row[0]),))
        return pb.ListPostingsResponse(
            postings=[posting for _, posting in page.rows],
            page=PageResponse(next_page_token=page.next_token),
        )

    async def RetryPosting(
        self, request: pb.RetryPostingRequest, context: ServicerContext
    ) -> pb.RetryPostingResponse:
        posting_id = UUID(request.posting_id)
        call = Call(request.request_id, digest_of(request))
        await retry_conflicts(lambda: retry_posting(self._on.store, call, posting_id, self._on.now()))
        self._on.desk.wake()
        return pb.RetryPostingResponse(posting=await self._on.reads.get_posting(posting_id))

    async def GetBacklog(
        self, request: pb.GetBacklogRequest, context: ServicerContext
    ) -> pb.GetBacklogResponse:
        counts = await self._on.reads.backlog(self._on.now() - RATE_WINDOW)
        rate = rate_milli_of(counts)
        answer = pb.GetBacklogResponse(
            erp=self._on.erp.name,
            pending=counts["pending"],
            posted=counts["posted"],
            failed=counts["failed"],
            skipped=counts["skipped"],
            rate_milli_per_second=rate,
            slots_used=self._on.desk.slots_used,
            slots=self._on.desk.slots,
            throttled_calls=counts["throttled"],
            unknown_outcomes=counts["unknown"],
        )
        if rate:
            seconds = counts["pending"] * 1000 // rate
            answer.drain_estimate.CopyFrom(convert.duration(timedelta(seconds=seconds)))
        for name in ("lag_p50", "lag_p99"):
            if counts[name] is not None:
                lag = timedelta(microseconds=int(counts[name] * 1_000_000))
                getattr(answer, name).CopyFrom(convert.duration(lag))
        return answer

    async def ListErpCalls(
        self, request: pb.ListErpCallsRequest, context: ServicerContext
    ) -> pb.ListErpCallsResponse:
        return pb.ListErpCallsResponse(calls=await self._on.reads.list_calls(UUID(request.posting_id)))

    async def ListErpDocuments(
        self, request: pb.ListErpDocumentsRequest, context: ServicerContext
    ) -> pb.ListErpDocumentsResponse:
        (token,) = position_of("ListErpDocuments", request.page.page_token) or ("",)
        size = request.page.page_size or DEFAULT_PAGE_SIZE
        page = await self._on.erp.documents(size, token)
        next_token = convert.erp_page_token("ListErpDocuments", page.next_token)
        return pb.ListErpDocumentsResponse(
            documents=map(convert.document_to_proto, page.documents),
            page=PageResponse(next_page_token=next_token),
        )


def rate_milli_of(counts: Mapping[str, Any]) -> int:
    """Postings a second in thousandths over the time in which the window's postings were done."""
    if counts["lately"] < 2:
        return 0
    span = counts["lately_until"] - counts["lately_from"]
    micros = max(span // timedelta(microseconds=1), 1)
    return int((counts["lately"] - 1) * 1000 * 1_000_000 // micros)

"""The gRPC face of the POS gateway, for operators and reconciliation."""

from collections.abc import Callable
from datetime import date, datetime

from google.type import date_pb2

from libs.intake import IntakeRpcs
from libs.intake.desk import Desk
from libs.paging import DEFAULT_PAGE_SIZE, page_of, page_token, position_of
from libs.refusals import InvalidField
from retailmesh.pos.v1 import pos_service_pb2 as pb
from retailmesh.pos.v1 import pos_service_pb2_grpc
from retailmesh.type.v1.page_pb2 import PageResponse
from services.pos_gateway import convert
from services.pos_gateway.application.ports import Journal, TakenOver, Tills


class PosGatewayServicer(IntakeRpcs, pos_service_pb2_grpc.PosGatewayServiceServicer):
    """Five RPCs about raw messages come from the intake; a refusal becomes a status outside."""

    def __init__(self, desk: Desk, journal: Journal, tills: Tills, now: Callable[[], datetime]) -> None:
        IntakeRpcs.__init__(self, desk, pb, now)
        self._journal = journal
        self._tills = tills

    async def ListTillTransactions(
        self, request: pb.ListTillTransactionsRequest, context: object
    ) -> pb.ListTillTransactionsResponse:
        day = date_of(request.business_date) if request.HasField("business_date") else None
        scope = f"ListTillTransactions {day}"
        size = request.page.page_size or DEFAULT_PAGE_SIZE
        rows = await self._journal.list(day, position_of(scope, request.page.page_token), size + 1)
        page = page_of(scope, rows, size, place_of)
        return pb.ListTillTransactionsResponse(
            transactions=map(convert.transaction_to_proto, page.rows),
            page=PageResponse(next_page_token=page.next_token),
        )

    async def ListJournal(self, request: pb.ListJournalRequest, context: object) -> pb.ListJournalResponse:
        day = date_of(request.business_date)
        scope = f"ListJournal {day}"
        (cursor,) = position_of(scope, request.page.page_token) or ("",)
        size = request.page.page_size or DEFAULT_PAGE_SIZE
        page = await self._tills.list_journal(day, size, cursor)
        token = page_token(scope, (page.next_cursor,)) if page.next_cursor else ""
        return pb.ListJournalResponse(
            transactions=map(convert.transaction_to_proto, page.entries),
            page=PageResponse(next_page_token=token),
        )


def date_of(message: date_pb2.Date) -> date:
    """Raises `InvalidField` for a day that no calendar has, such as the 30th of February."""
    try:
        return date(message.year, message.month, message.day)
    except ValueError:
        raise InvalidField("must be a day of the calendar", field="business_date") from None


def place_of(taken: TakenOver) -> tuple[str, ...]:
    key = taken.key
    return key.store, key.till, key.business_date.isoformat(), key.sequence

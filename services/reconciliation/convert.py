"""Between the contract and the domain."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from uuid import UUID

from google.protobuf.message import Message
from google.type.date_pb2 import Date

from libs.messaging import Event, event_of
from libs.money import Money
from libs.protos import money_from_proto, money_to_proto, timestamp_to_proto
from retailmesh.channel.v1.channel_service_pb2 import StorefrontOrder
from retailmesh.erp.v1 import posting_pb2
from retailmesh.erp.v1.erp_service_pb2 import ErpDocument as ErpDocumentMessage
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.order.v1 import order_pb2
from retailmesh.order.v1.order_service_pb2 import GetOrderRequest, OrderSummary
from retailmesh.pos.v1.pos_service_pb2 import TillTransaction
from retailmesh.reconciliation.v1 import reconciliation_events_pb2, reconciliation_pb2
from services.reconciliation.domain.breaks import Break, Comparison
from services.reconciliation.domain.documents import (
    ErpDocument,
    MeshDocument,
    PostedDocument,
    Promise,
    SourceDocument,
    Standing,
)
from services.reconciliation.domain.run import Run

UNPOSTED_STATES = (order_pb2.ORDER_STATE_HELD, order_pb2.ORDER_STATE_REFUSED)
ENDED_WITHOUT_CALL = {
    order_pb2.ORDER_STATE_CANCELLED: Standing.GIVEN_BACK,
    order_pb2.ORDER_STATE_REFUSED: Standing.REFUSED,
}
ENDED_POSTINGS = (posting_pb2.POSTING_STATE_POSTED, posting_pb2.POSTING_STATE_FAILED)
OPEN_RESERVATIONS = (stock_pb2.RESERVATION_STATE_TENTATIVE, stock_pb2.RESERVATION_STATE_FIRM)


def date_to_proto(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)


def date_from_proto(day: Date) -> date:
    """Raises ValueError for a day that the calendar does not have."""
    return date(day.year, day.month, day.day)


def storefront_document(order: StorefrontOrder) -> SourceDocument:
    return SourceDocument(
        key=f"{order.channel}/{order.channel_order_id}",
        total=money_from_proto(order.total),
        refunded=money_from_proto(order.refunded),
        cancelled=order.cancelled,
    )


def receipt_document(entry: TillTransaction) -> SourceDocument:
    return SourceDocument(key=_receipt_key(entry), total=money_from_proto(entry.total))


def taken_over_document(entry: TillTransaction) -> MeshDocument:
    total = money_from_proto(entry.total)
    nothing = Money.zero(total.currency)
    return MeshDocument(_receipt_key(entry), entry.order_id, total, nothing, Standing.STANDS, posted=True)


def _receipt_key(entry: TillTransaction) -> str:
    day = date_from_proto(entry.business_date).isoformat()
    return f"till:{entry.location_id}/{entry.till}-{day}-{entry.sequence_number}"


def order_document(order: OrderSummary) -> MeshDocument:
    return MeshDocument(
        key=f"{order.channel}/{order.channel_order_id}",
        order_id=order.order_id,
        total=money_from_proto(order.total),
        refunded=money_from_proto(order.refunded),
        standing=standing_of(order),
        posted=order.state not in UNPOSTED_STATES,
    )


def standing_of(order: OrderSummary) -> Standing:
    if order.called_off:
        return Standing.CALLED_OFF
    return ENDED_WITHOUT_CALL.get(order.state, Standing.STANDS)


def unlinked_return_document(found: order_pb2.Return) -> MeshDocument:
    amount = money_from_proto(found.amount)
    nothing = Money.zero(amount.currency)
    key = f"return/{found.return_id}"
    return MeshDocument(key, found.return_id, nothing, amount, Standing.STANDS, posted=True)


def posted_document(posting: posting_pb2.Posting) -> PostedDocument:
    return PostedDocument(
        external_key=posting.external_key,
        order_id=posting.order_id,
        amount=money_from_proto(posting.amount),
        ended=posting.state in ENDED_POSTINGS,
        skipped=posting.state == posting_pb2.POSTING_STATE_SKIPPED,
    )


def erp_document(document: ErpDocumentMessage) -> ErpDocument:
    return ErpDocument(document.document_id, document.external_key, money_from_proto(document.amount))


def get_order(order_id: str) -> GetOrderRequest:
    return GetOrderRequest(order=order_pb2.OrderReference(order_id=order_id))


def promises_of(order: order_pb2.Order) -> Iterator[Promise]:
    for item in order.allocations:
        yield Promise(order.order_id, item.line_id, item.location_id, item.quantity.milli)


def open_reservations(reservations: Iterable[stock_pb2.Reservation]) -> Iterator[Promise]:
    for item in reservations:
        if item.state in OPEN_RESERVATIONS:
            yield Promise(item.order_id, item.line_id, item.location_id, item.quantity.milli)


def break_to_proto(break_id: str, found: Break) -> reconciliation_pb2.Break:
    return reconciliation_pb2.Break(
        break_id=break_id,
        kind=reconciliation_pb2.BreakKind.Value(f"BREAK_KIND_{found.kind.value}"),
        subject=found.subject,
        order_id=found.order_id,
        expected=found.expected,
        found=found.found,
        remedy=found.remedy,
    )


def comparison_to_proto(comparison: Comparison) -> reconciliation_pb2.ComparisonCount:
    return reconciliation_pb2.ComparisonCount(
        comparison=comparison.name,
        left=comparison.left,
        right=comparison.right,
        matched=comparison.matched,
        breaks=len(comparison.breaks),
        left_totals=map(money_to_proto, comparison.left_totals),
        right_totals=map(money_to_proto, comparison.right_totals),
    )


def run_to_proto(run: Run) -> reconciliation_pb2.Run:
    return reconciliation_pb2.Run(
        run_id=run.run_id,
        started_at=timestamp_to_proto(run.started_at),
        finished_at=timestamp_to_proto(run.finished_at),
        comparisons=map(comparison_to_proto, run.comparisons),
        breaks=len(run.breaks),
    )


def run_finished(run: Run, event_id: UUID, traceparent: str) -> Event:
    message = reconciliation_events_pb2.RunFinished(run=run_to_proto(run))
    return _event(message, run.run_id, "run", "finished", event_id, run.finished_at, traceparent)


def break_found(run: Run, break_id: str, found: Break, event_id: UUID, traceparent: str) -> Event:
    message = reconciliation_events_pb2.BreakFound(
        run_id=run.run_id, **{"break": break_to_proto(break_id, found)}
    )
    return _event(message, run.run_id, "break", "found", event_id, run.finished_at, traceparent)


def _event(
    message: Message, key: str, noun: str, fact: str, event_id: UUID, at: datetime, traceparent: str
) -> Event:
    return event_of(
        message, key=key, noun=noun, fact=fact, event_id=event_id, time=at, traceparent=traceparent
    )

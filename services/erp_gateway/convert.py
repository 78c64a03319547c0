"""Between the contracts and the domain."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from libs.messaging import Event, Received, event_of
from libs.money import Money
from libs.paging import page_token
from libs.protos import money_from_proto, money_to_proto, timestamp_from_proto, timestamp_to_proto
from retailmesh.erp.v1 import erp_events_pb2, erp_service_pb2, posting_pb2
from retailmesh.order.v1 import order_events_pb2, order_pb2
from services.erp_gateway.application.ports import ErpDocument, Heard
from services.erp_gateway.domain.facts import Fact, FactKind, FactLine, FactPayment, taken_back
from services.erp_gateway.domain.postings import Posting, PostingState, Step

UNPOSTED = (order_pb2.ORDER_STATE_HELD, order_pb2.ORDER_STATE_REFUSED)
ONE_PIECE = 1000


def placed(event: Received) -> Iterator[Fact]:
    """The sale of an order that needs nothing more to be one."""
    yield from _sale_unless_unposted(event.read(order_events_pb2.OrderPlaced).order)


def released(event: Received) -> Iterator[Fact]:
    """The sale of an order that is held no longer."""
    yield from _sale_unless_unposted(event.read(order_events_pb2.OrderReleased).order)


def cancelled(event: Received) -> Iterator[Fact]:
    """What takes back the sale; how much that is depends on the postings there are when it is recorded."""
    message = event.read(order_events_pb2.OrderCancelled)
    sale = _sale(message.order)
    yield replace(
        sale,
        kind=FactKind.CANCELLATION,
        amount=-sale.amount,
        tax=-sale.tax,
        lines=[taken_back(line) for line in sale.lines],
        payments=[],
        happened_at=timestamp_from_proto(message.cancelled_at, "cancelled_at"),
        origin_key=sale.external_key,
    )


def returned(event: Received) -> Iterator[Fact]:
    """The credit note of a return or refund; a return of no money makes none."""
    message = event.read(order_events_pb2.ReturnRecorded)
    found = getattr(message, "return")
    amount = money_from_proto(found.amount)
    if not amount:
        return
    lines = list(_credit_lines(found, amount))
    order_id = message.order_id or found.return_id
    yield Fact(
        kind=FactKind.CREDIT_NOTE,
        order_id=order_id,
        reference=message.channel_order.channel_order_id or found.return_id,
        source_id=f"{order_id}-{found.return_id}" if message.order_id else found.return_id,
        amount=-amount,
        tax=-_money_or_zero(found, "tax", amount.currency),
        tax_included=True,
        customer_id=message.customer_id,
        customer_name="",
        location_id=found.location_id,
        lines=lines,
        payments=list(_given_back(found)),
        happened_at=timestamp_from_proto(found.returned_at, "returned_at"),
        origin_key=f"S-{message.order_id}" if message.order_id else "",
    )


FACTS: Mapping[str, Callable[[Received], Iterator[Fact]]] = {
    order_events_pb2.OrderPlaced.DESCRIPTOR.full_name: placed,
    order_events_pb2.OrderReleased.DESCRIPTOR.full_name: released,
    order_events_pb2.OrderCancelled.DESCRIPTOR.full_name: cancelled,
    order_events_pb2.ReturnRecorded.DESCRIPTOR.full_name: returned,
}
"""Which facts the events of orders bring."""


def heard(event: Received) -> list[Heard]:
    """The facts of an event, with its time and trace."""
    return [Heard(fact, event.time, event.traceparent) for fact in FACTS[event.type](event)]


def _sale_unless_unposted(order: order_pb2.Order) -> Iterator[Fact]:
    if order.state not in UNPOSTED:
        yield _sale(order)


def _sale(order: order_pb2.Order) -> Fact:
    details = order.details
    total = money_from_proto(details.total)
    tax = _money_or_zero(details, "tax", total.currency)
    return Fact(
        kind=FactKind.SALE,
        order_id=order.order_id,
        reference=details.order_number or details.channel_order_id,
        source_id=order.order_id,
        amount=total,
        tax=tax,
        tax_included=details.tax_included,
        customer_id=details.customer_id,
        customer_name=details.billing.name,
        location_id=details.location_id,
        lines=list(_sale_lines(details, total, tax)),
        payments=[_payment(tender, 1) for tender in details.tenders],
        happened_at=timestamp_from_proto(details.placed_at, "placed_at"),
    )


def _sale_lines(details: order_pb2.NewOrder, total: Money, tax: Money) -> Iterator[FactLine]:
    """The order's lines, its shipping, and what rounding leaves, so that the document sums to the total."""
    listed = Money.zero(total.currency)
    for line in details.lines:
        amount = money_from_proto(line.total)
        listed += amount
        price = money_from_proto(line.unit_price)
        title = line.title or line.channel_product
        yield FactLine(line.line_id, line.sku, title, line.quantity.milli, price, amount)
    shipping = _money_or_zero(details, "shipping_charge", total.currency)
    if shipping:
        yield FactLine("shipping", "", "Shipping", ONE_PIECE, shipping, shipping)
    rest = total - listed - shipping - (Money.zero(total.currency) if details.tax_included else tax)
    if rest:
        yield FactLine("rounding", "", "Rounding", ONE_PIECE, rest, rest)


def _credit_lines(found: order_pb2.Return, amount: Money) -> Iterator[FactLine]:
    """The goods brought back, and what was given back beside them: shipping, tax on top, goodwill."""
    listed = Money.zero(amount.currency)
    for number, line in enumerate(found.lines, start=1):
        value = _money_or_zero(line, "amount", amount.currency)
        listed += value
        name = line.line_id or str(number)
        yield FactLine(name, line.sku, f"Return of {line.sku or name}", line.quantity.milli, value, -value)
    if rest := amount - listed:
        yield FactLine("other", "", "Other amounts given back", ONE_PIECE, rest, -rest)


def _given_back(found: order_pb2.Return) -> Iterator[FactPayment]:
    """Some tills sign what they pay out, others do not; in all it left the till."""
    signed = any(tender.amount.units < 0 or tender.amount.nanos < 0 for tender in found.tenders)
    return (_payment(tender, 1 if signed else -1) for tender in found.tenders)


def _payment(tender: order_pb2.Tender, sign: int) -> FactPayment:
    means = order_pb2.TenderKind.Name(tender.kind).removeprefix("TENDER_KIND_").lower()
    return FactPayment(tender.tender_id, means, money_from_proto(tender.amount) * sign)


def _money_or_zero(message: Any, field: str, currency: str) -> Money:
    if not message.HasField(field):
        return Money.zero(currency)
    return money_from_proto(getattr(message, field), field)


def posting_to_proto(posting: Posting, row: Mapping[str, Any]) -> posting_pb2.Posting:
    """``row`` brings what only the table knows: the instants and the trace."""
    return posting_pb2.Posting(
        posting_id=str(posting.posting_id),
        kind=posting_pb2.PostingKind.Value(f"POSTING_KIND_{posting.fact.kind.value}"),
        order_id=posting.fact.order_id,
        external_key=posting.fact.external_key,
        state=posting_pb2.PostingState.Value(f"POSTING_STATE_{posting.state.value}"),
        amount=money_to_proto(posting.fact.amount),
        steps=map(step_to_proto, posting.steps),
        created_at=timestamp_to_proto(row["created_at"]),
        posted_at=instant(row["posted_at"]),
        next_attempt_at=instant(row["next_attempt_at"]),
        trace_id=trace_id_of(row["traceparent"]),
        failure=posting.failure,
    )


def step_to_proto(step: Step) -> posting_pb2.PostingStep:
    return posting_pb2.PostingStep(
        kind=posting_pb2.PostingStepKind.Value(f"POSTING_STEP_KIND_{step.kind.value}"),
        outcome=posting_pb2.StepOutcome.Value(f"STEP_OUTCOME_{step.outcome.value}"),
        external_key=step.external_key,
        document_id=step.document_id,
        attempts=step.attempts,
        last_error=step.last_error,
        at=instant(step.at),
    )


def call_to_proto(row: Mapping[str, Any]) -> erp_service_pb2.ErpCall:
    return erp_service_pb2.ErpCall(
        step=posting_pb2.PostingStepKind.Value(f"POSTING_STEP_KIND_{row['step']}"),
        operation=row["operation"],
        status=row["status"],
        outcome=posting_pb2.StepOutcome.Value(f"STEP_OUTCOME_{row['outcome']}"),
        duration=duration(timedelta(microseconds=row["duration_micros"])),
        at=timestamp_to_proto(row["at"]),
        trace_id=row["trace_id"],
        request_digest=row["request_digest"].hex(),
    )


def document_to_proto(document: ErpDocument) -> erp_service_pb2.ErpDocument:
    return erp_service_pb2.ErpDocument(
        document_id=document.document_id,
        external_key=document.external_key,
        amount=money_to_proto(document.amount),
        paid=money_to_proto(document.paid),
        lines=document.lines,
    )


def ended_event(posting: Posting, row: Mapping[str, Any], event_id: UUID, now: datetime) -> Event:
    """That a posting is posted or has failed."""
    message = posting_to_proto(posting, row)
    done = posting.state is PostingState.POSTED
    kind = erp_events_pb2.PostingCompleted if done else erp_events_pb2.PostingFailed
    return event_of(
        kind(posting=message),
        key=posting.fact.order_id,
        noun="posting",
        fact="completed" if done else "failed",
        event_id=event_id,
        time=now,
        traceparent=row["traceparent"],
    )


def posting_states(numbers: list[int]) -> list[str]:
    """Names of the states asked for, as they are kept."""
    return [posting_pb2.PostingState.Name(number).removeprefix("POSTING_STATE_") for number in numbers]


def instant(at: datetime | None) -> Timestamp | None:
    return timestamp_to_proto(at) if at else None


def duration(length: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(length)
    return message


def trace_id_of(traceparent: str) -> str:
    parts = traceparent.split("-")
    return parts[1] if len(parts) == 4 else ""


def erp_page_token(scope: str, erp_token: str) -> str:
    """The ERP's own token of the next page, tied to the RPC; empty at the end."""
    return page_token(scope, (erp_token,)) if erp_token else ""

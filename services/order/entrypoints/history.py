"""An order's events as sentences without personal data."""

from collections.abc import Callable
from typing import Any

from libs.protos import money_from_proto, timestamp_to_proto
from retailmesh.order.v1 import order_events_pb2 as events
from retailmesh.order.v1 import order_pb2
from retailmesh.order.v1.order_service_pb2 import OrderHistoryEntry
from services.order.application.ports import ListedEvent


def entry_of(event: ListedEvent) -> OrderHistoryEntry:
    return OrderHistoryEntry(
        event_id=event.event_id,
        type=event.type,
        at=timestamp_to_proto(event.time),
        trace_id=event.traceparent[3:35],
        summary=summary_of(event.type, event.payload),
        published_at=timestamp_to_proto(event.published_at) if event.published_at else None,
    )


def summary_of(event_type: str, payload: bytes) -> str:
    """Empty for a type that only a newer version of the service writes."""
    name = event_type.rpartition(".")[2]
    if name not in SENTENCES:
        return ""
    return SENTENCES[name](getattr(events, name).FromString(payload))


def state(number: int) -> str:
    name: str = order_pb2.OrderState.Name(number)  # type: ignore[arg-type]
    return name.removeprefix("ORDER_STATE_").replace("_", " ").lower()


def reasons(numbers: Any) -> str:
    names = [order_pb2.HoldReason.Name(number).removeprefix("HOLD_REASON_") for number in numbers]
    return ", ".join(names).replace("_", " ").lower()


def placed(event: events.OrderPlaced) -> str:
    order = event.order
    if order.hold_reasons:
        return f"recorded as held: {reasons(order.hold_reasons)}"
    if order.refusal_reason:
        reason = order_pb2.RefusalReason.Name(order.refusal_reason).removeprefix("REFUSAL_REASON_")
        return f"recorded as refused: {reason.replace('_', ' ').lower()}"
    return f"recorded as {state(order.state)}{sources(order)}"


def sources(promises: Any) -> str:
    places = sorted({it.location_id for it in promises.allocations})
    supplied = f"; supplied by {', '.join(places)}" if places else ""
    short = len(promises.shortages)
    return supplied + (f"; {short} {'line waits' if short == 1 else 'lines wait'} for stock" if short else "")


def released(event: events.OrderReleased) -> str:
    return f"held no longer, now {state(event.order.state)}"


def held(event: events.OrderHeld) -> str:
    return f"held: {reasons(event.hold_reasons)}"


def reallocated(event: events.OrderReallocated) -> str:
    return f"{event.cause}: now {state(event.state)}{sources(event)}"


def shipped(event: events.OrderShipped) -> str:
    count = len(event.shipment.lines)
    place = f" from {event.shipment.location_id}" if event.shipment.location_id else ""
    return f"{count} {'line' if count == 1 else 'lines'} sent{place}, now {state(event.state)}"


def cancelled(event: events.OrderCancelled) -> str:
    return "called off"


def updated(event: events.OrderUpdated) -> str:
    return f"changed by its channel, {'paid' if event.paid else 'not paid'}"


def returned(event: events.ReturnRecorded) -> str:
    given = getattr(event, "return")
    count = len(given.lines)
    goods = f"{count} {'line' if count == 1 else 'lines'} taken back, " if count else ""
    return f"{goods}{money_from_proto(given.amount)} given back"


SENTENCES: dict[str, Callable[[Any], str]] = {
    "OrderPlaced": placed,
    "OrderReleased": released,
    "OrderHeld": held,
    "OrderReallocated": reallocated,
    "OrderShipped": shipped,
    "OrderCancelled": cancelled,
    "OrderUpdated": updated,
    "ReturnRecorded": returned,
}

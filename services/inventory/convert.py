"""Protobuf messages to commands, and answers and events to protobuf; nothing else in the service sees both.

A bulk of orders passes here with some hundred small messages for each of its orders. Adding a submessage in
place and setting its fields takes a fraction of what building it apart and handing it over does.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from google.protobuf.message import Message

from libs.idempotency import digest_of
from libs.messaging import Event
from libs.protos import timestamp_from_proto, timestamp_to_proto
from libs.refusals import InvalidField
from libs.rpc import status_of
from retailmesh.inventory.v1 import inventory_events_pb2 as events_pb2
from retailmesh.inventory.v1 import inventory_service_pb2 as service_pb2
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.masterdata.v1 import party_pb2
from retailmesh.order.v1 import order_events_pb2, order_pb2
from retailmesh.type.v1 import quantity_pb2
from services.inventory.application.ports import (
    Call,
    ListedMovement,
    ListedReservation,
    RuleCall,
)
from services.inventory.application.record_orders import RecordedOrder
from services.inventory.domain import answers, events
from services.inventory.domain.commands import (
    Adjust,
    Command,
    Count,
    Counted,
    Issue,
    Line,
    Receive,
    Release,
    Reserve,
)
from services.inventory.domain.levels import LevelState, Unit
from services.inventory.domain.movements import Cause
from services.inventory.domain.places import Explanation, Kind, Location, SourcingRule
from services.inventory.domain.reservations import Allocation, ReservationState, Shortage, State
from services.inventory.domain.sourcing import Sourced

# Domain enums carry the contract's numbers.
UNITS: Mapping[int, Unit] = {int(unit): unit for unit in Unit}
CAUSES: Mapping[int, Cause] = {int(cause): cause for cause in Cause}
NOTHING_EXCLUDED: frozenset[str] = frozenset()

# ---- requests


def call_of(message: Any, command: Command, traceparent: str) -> Call:
    """The trace is no part of the request: a repeat may well come from another one."""
    own = getattr(message, "traceparent", "")
    if own:
        message.ClearField("traceparent")
    return Call(message.request_id, digest_of(message), own or traceparent, command)


def lines_of(messages: Iterable[service_pb2.StockLine]) -> tuple[Line, ...]:
    lines = []
    for message in messages:
        quantity = message.quantity
        if quantity.milli <= 0:
            raise InvalidField(
                f"quantity of line {message.line_id} must be more than zero", field="lines.quantity"
            )
        lines.append(Line(message.line_id, message.sku, quantity.milli, UNITS[quantity.unit]))
    return tuple(lines)


def reserve_of(message: service_pb2.StockReservation, default_hold: timedelta) -> Reserve:
    hold_for = message.time_to_live.ToTimedelta() if message.HasField("time_to_live") else default_hold
    excluded = message.excluded_location_ids
    return Reserve(
        message.order_id,
        message.channel,
        message.region,
        lines_of(message.lines),
        frozenset(excluded) if excluded else NOTHING_EXCLUDED,
        hold_for,
        message.replace_reserved,
    )


def previewed_of(message: service_pb2.PreviewSourcingRequest) -> Reserve:
    excluded = frozenset(message.excluded_location_ids)
    return Reserve("", message.channel, message.region, lines_of(message.lines), excluded, timedelta())


def release_of(message: service_pb2.StockRelease) -> Release:
    return Release(message.order_id, frozenset(message.line_ids), message.location_id)


def issue_of(message: service_pb2.StockIssue) -> Issue:
    return Issue(
        message.source_reference,
        message.location_id,
        CAUSES[message.cause],
        message.order_id,
        lines_of(message.lines),
        timestamp_from_proto(message.occurred_at, "occurred_at"),
    )


def receive_of(message: service_pb2.StockReceipt) -> Receive:
    return Receive(
        message.source_reference,
        message.location_id,
        CAUSES[message.cause],
        lines_of(message.lines),
        timestamp_from_proto(message.occurred_at, "occurred_at"),
    )


def adjust_of(message: service_pb2.StockAdjustment) -> Adjust:
    return Adjust(
        message.source_reference,
        message.location_id,
        message.sku,
        message.difference.milli,
        UNITS[message.difference.unit],
        message.reason,
        timestamp_from_proto(message.occurred_at, "occurred_at"),
    )


def count_of(message: service_pb2.CountStockRequest) -> Count:
    counted_at = timestamp_from_proto(message.counted_at, "counted_at")
    return Count(message.source_reference, counted_at, tuple(map(counted_of, message.counts)))


def counted_of(message: service_pb2.CountedStock) -> Counted:
    quantity, safety = message.quantity, message.safety_stock
    kept_back = safety.milli if message.HasField("safety_stock") else None
    if kept_back is not None and (kept_back < 0 or safety.unit != quantity.unit):
        raise InvalidField("safety stock is in the unit of the count and not negative", field="safety_stock")
    return Counted(message.sku, message.location_id, quantity.milli, UNITS[quantity.unit], kept_back)


def rule_call_of(request: service_pb2.PutSourcingRuleRequest) -> RuleCall:
    """The domain's fields have the contract's names."""
    rule = SourcingRule(*(getattr(request.rule, name) for name in SourcingRule._fields))
    return RuleCall(request.request_id, digest_of(request), rule._replace(version=0))


# ---- other services' messages


def location_of(message: party_pb2.Location) -> Location:
    return Location(message.location_id, Kind(message.kind), message.region, message.ships, message.version)


def recorded_order_of(event: order_events_pb2.OrderPlaced, traceparent: str) -> RecordedOrder | None:
    """None for an order that never waits for stock: a completed till sale, or one that was refused."""
    order = event.order
    if order.details.kind == order_pb2.ORDER_KIND_TILL_SALE or order.state == order_pb2.ORDER_STATE_REFUSED:
        return None
    wanted = [
        Allocation(it.line_id, it.sku, it.location_id, it.quantity.milli, UNITS[it.quantity.unit])
        for it in order.allocations
    ]
    return RecordedOrder(order.order_id, tuple(wanted), traceparent)


# ---- parts of answers and events


def put_quantity(message: quantity_pb2.Quantity, milli: int, unit: int) -> None:
    message.milli = milli
    message.unit = unit  # type: ignore[assignment]


def add_allocations(container: Any, allocations: Iterable[Allocation]) -> None:
    for line_id, sku, location_id, quantity, unit in allocations:
        message = container.add(line_id=line_id, sku=sku, location_id=location_id).quantity
        message.milli = quantity
        message.unit = unit


def add_shortages(container: Any, shortages: Iterable[Shortage]) -> None:
    for line_id, sku, quantity, unit in shortages:
        put_quantity(container.add(line_id=line_id, sku=sku).quantity, quantity, unit)


def add_levels(container: Any, levels: Iterable[LevelState]) -> None:
    for sku, location_id, unit, on_hand, reserved, safety_stock, version in levels:
        level = container.add(sku=sku, location_id=location_id, version=version)
        put_quantity(level.on_hand, on_hand, unit)
        put_quantity(level.reserved, reserved, unit)
        put_quantity(level.safety_stock, safety_stock, unit)
        put_quantity(level.available, max(0, on_hand - reserved - safety_stock), unit)


def add_reservations(container: Any, reservations: Iterable[ReservationState]) -> None:
    for it in reservations:
        message = container.add(
            order_id=it.order_id,
            line_id=it.line_id,
            sku=it.sku,
            location_id=it.location_id,
            state=int(it.state),
        )
        put_quantity(message.quantity, it.quantity, it.unit)


@lru_cache(maxsize=4096)
def explanation_of(explanation: Explanation) -> stock_pb2.SourcingExplanation:
    """Cached by identity: the explanation of an order that the best location supplies is the same object."""
    message = stock_pb2.SourcingExplanation(rule=explanation.rule)
    for location_id, line_id, cause in explanation.rejected:
        message.rejected.add(location_id=location_id, line_id=line_id, cause=int(cause))
    return message


# ---- answers


def reserved_message(answer: answers.Reserved) -> Message:
    message = service_pb2.ReservedStock(order_id=answer.order_id)
    add_allocations(message.allocations, answer.allocations)
    add_shortages(message.shortages, answer.shortages)
    if answer.explanation is not None:
        message.explanation.CopyFrom(explanation_of(answer.explanation))
    if answer.expires_at is not None:
        message.expires_at.CopyFrom(timestamp_to_proto(answer.expires_at))
    return message


def released_message(answer: answers.Released) -> Message:
    message = service_pb2.ReleasedStock()
    add_allocations(message.allocations, answer.allocations)
    return message


def issued_message(answer: answers.Issued) -> Message:
    message = service_pb2.IssuedStock()
    add_shortages(message.discrepancies, answer.discrepancies)
    add_reservations(message.displaced, answer.displaced)
    return message


def received_message(answer: answers.Received) -> Message:
    message = service_pb2.ReceivedStock()
    add_levels(message.levels, answer.levels)
    return message


def counted_message(answer: answers.CountDone) -> Message:
    message = service_pb2.CountStockResponse(changed=answer.changed, unchanged=answer.unchanged)
    add_reservations(message.displaced, answer.displaced)
    return message


ANSWERS: Mapping[type[answers.Answer], Callable[[Any], Message]] = {
    answers.Reserved: reserved_message,
    answers.Released: released_message,
    answers.Issued: issued_message,
    answers.Received: received_message,
    answers.CountDone: counted_message,
}


def answer_bytes(answer: answers.Answer) -> bytes:
    """The form in which answers are kept for repeats, and from which responses are made."""
    return ANSWERS[type(answer)](answer).SerializeToString()


def rule_bytes(rule: SourcingRule) -> bytes:
    message = service_pb2.PutSourcingRuleResponse(rule=stock_pb2.SourcingRule(**rule._asdict()))
    return message.SerializeToString()


def add_results(container: Any, field: str, results: Sequence[bytes | Exception]) -> None:
    """One result for each call, in the order asked: the answer in ``field``, or the refusal."""
    for result in results:
        message = container.add()
        if isinstance(result, bytes):
            answer = getattr(message, field)
            answer.SetInParent()
            answer.MergeFromString(result)
        else:
            message.refusal.CopyFrom(status_of(result))


def preview_message(sourced: Sourced) -> service_pb2.PreviewSourcingResponse:
    message = service_pb2.PreviewSourcingResponse(explanation=explanation_of(sourced.explanation))
    add_allocations(message.allocations, sourced.allocations)
    add_shortages(message.shortages, sourced.shortages)
    return message


def add_listed_reservations(container: Any, listed: Iterable[ListedReservation]) -> None:
    for it in listed:
        add_reservations(container, [it.reservation])
        message = container[-1]
        if it.reservation.state is State.OPEN and it.expires_at is not None:
            message.expires_at.CopyFrom(timestamp_to_proto(it.expires_at))
        elif it.reservation.state is State.OPEN:
            message.state = stock_pb2.RESERVATION_STATE_FIRM


def add_listed_movements(container: Any, listed: Iterable[ListedMovement]) -> None:
    for it in listed:
        movement = it.movement
        message = container.add(
            position=it.position,
            sku=movement.sku,
            location_id=movement.location_id,
            from_bucket=int(movement.from_bucket),
            to_bucket=int(movement.to_bucket),
            cause=int(movement.cause),
            source_reference=movement.source_reference,
            occurred_at=timestamp_to_proto(movement.occurred_at),
            recorded_at=timestamp_to_proto(it.recorded_at),
            reason=movement.reason,
        )
        put_quantity(message.quantity, movement.quantity, it.unit)


# ---- events


def stock_reserved(event: events.StockReserved) -> tuple[str, str, Message]:
    message = events_pb2.StockReserved(order_id=event.order_id)
    add_allocations(message.allocations, event.allocations)
    add_shortages(message.shortages, event.shortages)
    add_levels(message.levels, event.levels)
    return event.order_id, "reserved", message


def stock_released(event: events.StockReleased) -> tuple[str, str, Message]:
    message = events_pb2.StockReleased(order_id=event.order_id, state=int(event.state))  # type: ignore[arg-type]
    add_allocations(message.allocations, event.allocations)
    add_levels(message.levels, event.levels)
    return event.order_id, "released", message


def stock_issued(event: events.StockIssued) -> tuple[str, str, Message]:
    message = events_pb2.StockIssued(location_id=event.location_id)
    put_fact(message, event)
    return event.source_reference, "issued", message


def stock_changed(event: events.StockChanged) -> tuple[str, str, Message]:
    message = events_pb2.StockChanged()
    put_fact(message, event)
    return event.source_reference, "changed", message


def put_fact(message: Any, event: events.StockIssued | events.StockChanged) -> None:
    message.source_reference = event.source_reference
    message.cause = event.cause
    message.occurred_at.CopyFrom(timestamp_to_proto(event.occurred_at))
    add_shortages(message.discrepancies, event.discrepancies)
    add_levels(message.levels, event.levels)


def reservation_displaced(event: events.ReservationDisplaced) -> tuple[str, str, Message]:
    message = events_pb2.ReservationDisplaced(
        order_id=event.order_id, source_reference=event.source_reference
    )
    add_reservations(message.reservations, event.reservations)
    add_levels(message.levels, event.levels)
    return event.order_id, "displaced", message


EVENTS: Mapping[type[events.StockEvent], Callable[[Any], tuple[str, str, Message]]] = {
    events.StockReserved: stock_reserved,
    events.StockReleased: stock_released,
    events.StockIssued: stock_issued,
    events.StockChanged: stock_changed,
    events.ReservationDisplaced: reservation_displaced,
}


def event_of(event: events.StockEvent, event_id: UUID, now: datetime, traceparent: str) -> Event:
    key, fact, message = EVENTS[type(event)](event)
    return Event(
        type=message.DESCRIPTOR.full_name,
        key=key,
        domain="inventory",
        noun="stock",
        fact=fact,
        payload=message.SerializeToString(),
        id=event_id,
        time=now,
        traceparent=traceparent,
    )

"""What happened to orders, as events of the contract."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from google.protobuf.message import Message

from libs.messaging import Event
from libs.messaging import event_of as message_event
from libs.protos import timestamp_to_proto
from retailmesh.order.v1 import order_events_pb2, order_pb2
from services.order.convert import allocation_to_proto, money_of, order_to_proto, shortage_to_proto
from services.order.domain import events
from services.order.domain.kinds import HoldReason, OrderState, RefusalReason
from services.order.domain.placing import Placed, Placement
from services.order.domain.stock import Allocation, Goods

LENGTH_DELIMITED = 2
DETAILS = order_pb2.Order.DETAILS_FIELD_NUMBER
SOURCING = order_pb2.Order.SOURCING_FIELD_NUMBER
PLACED_ORDER = order_events_pb2.OrderPlaced.ORDER_FIELD_NUMBER
ORDER_PLACED = order_events_pb2.OrderPlaced.DESCRIPTOR.full_name


def placed_event(it: Placed, event_id: UUID) -> Event:
    """OrderPlaced; its largest part, the document, is spliced in as it came instead of being written again.

    Protobuf allows fields in any order, and a message within a message is its bytes behind tag and length.
    """
    order_id = it.command.order.order_id
    order = order_pb2.Order(
        order_id=order_id,
        state=it.state,
        hold_reasons=it.hold_reasons,
        refusal_reason=it.refusal_reason or 0,
        allocations=[allocation_to_proto(one) for one in it.promise.allocations],
        shortages=[shortage_to_proto(one) for one in it.promise.shortages],
        version=1,
        trace_id=it.command.trace_id,
        recorded_at=timestamp_to_proto(it.recorded_at),
    ).SerializeToString()
    order += embedded(DETAILS, it.command.order.document)
    if it.promise.explanation:
        order += embedded(SOURCING, it.promise.explanation)
    return Event(
        type=ORDER_PLACED,
        key=order_id,
        domain="order",
        noun="order",
        fact="placed",
        payload=embedded(PLACED_ORDER, order),
        id=event_id,
        time=it.recorded_at,
        traceparent=it.command.traceparent,
    )


def embedded(number: int, message: bytes) -> bytes:
    """Field ``number``, below 16, of a message that contains ``message``."""
    length = len(message)
    prefix = bytearray([number << 3 | LENGTH_DELIMITED])
    while length > 0x7F:
        prefix.append(length & 0x7F | 0x80)
        length >>= 7
    prefix.append(length)
    return bytes(prefix) + message


def placement_of_event(payload: bytes) -> Placement:
    """What became of an order when it was placed, from the event that told it."""
    order = order_events_pb2.OrderPlaced.FromString(payload).order
    return Placement(
        order_id=order.order_id,
        state=OrderState(order.state),
        hold_reasons=tuple(map(HoldReason, order.hold_reasons)),
        refusal_reason=RefusalReason(order.refusal_reason) if order.refusal_reason else None,
        allocations=tuple(
            Allocation(it.line_id, it.sku, it.location_id, it.quantity.milli, it.quantity.unit)
            for it in order.allocations
        ),
        shortages=tuple(
            Goods(it.line_id, it.sku, it.quantity.milli, it.quantity.unit) for it in order.shortages
        ),
        repeated_order=False,
    )


def event_of(fact: events.OrderEvent, event_id: UUID, now: datetime, traceparent: str) -> Event:
    """The event that tells ``fact``, keyed by the order, or by the return that has none."""
    noun, verb, message = MESSAGES[type(fact)]
    order = fact.order
    key = order.order_id if order else unlinked_key(fact)
    return message_event(
        message(fact), key=key, noun=noun, fact=verb, event_id=event_id, time=now, traceparent=traceparent
    )


def unlinked_key(fact: events.OrderEvent) -> str:
    assert isinstance(fact, events.ReturnRecorded)
    return f"{fact.channel}/{fact.returned.return_id}"


def released_message(fact: events.OrderReleased) -> Message:
    return order_events_pb2.OrderReleased(order=order_to_proto(fact.order))


def held_message(fact: events.OrderHeld) -> Message:
    return order_events_pb2.OrderHeld(
        order_id=fact.order.order_id, hold_reasons=fact.order.hold_reasons, comment=fact.comment
    )


def reallocated_message(fact: events.OrderReallocated) -> Message:
    return order_events_pb2.OrderReallocated(
        order_id=fact.order.order_id,
        state=fact.order.state,
        allocations=map(allocation_to_proto, fact.order.allocations),
        shortages=map(shortage_to_proto, fact.order.shortages),
        cause=fact.cause,
    )


def shipped_message(fact: events.OrderShipped) -> Message:
    return order_events_pb2.OrderShipped(
        order_id=fact.order.order_id,
        shipment=order_pb2.Shipment.FromString(fact.shipment.document),
        state=fact.order.state,
    )


def cancelled_message(fact: events.OrderCancelled) -> Message:
    return order_events_pb2.OrderCancelled(
        order_id=fact.order.order_id,
        reason=fact.reason,
        cancelled_at=timestamp_to_proto(fact.cancelled_at),
        order=order_to_proto(fact.order),
    )


def updated_message(fact: events.OrderUpdated) -> Message:
    version = fact.order.channel_version
    return order_events_pb2.OrderUpdated(
        order_id=fact.order.order_id,
        channel_version=timestamp_to_proto(version) if version else None,
        paid=fact.order.paid,
    )


def returned_message(fact: events.ReturnRecorded) -> Message:
    message = order_events_pb2.ReturnRecorded(channel=fact.channel)
    getattr(message, "return").ParseFromString(fact.returned.document)
    if order := fact.order:
        message.order_id = order.order_id
        message.refunded.CopyFrom(money_of(order.refunded, order.currency))
        message.customer_id = order.customer_id
        message.channel_order.channel = order.channel
        message.channel_order.channel_order_id = order.channel_order_id
        message.sale_posted = order.accepted
    return message


# Fact → noun and verb of its subject, and its message.
MESSAGES: dict[type, tuple[str, str, Callable[[Any], Message]]] = {
    events.OrderReleased: ("order", "released", released_message),
    events.OrderHeld: ("order", "held", held_message),
    events.OrderReallocated: ("order", "reallocated", reallocated_message),
    events.OrderShipped: ("order", "shipped", shipped_message),
    events.OrderCancelled: ("order", "cancelled", cancelled_message),
    events.OrderUpdated: ("order", "updated", updated_message),
    events.ReturnRecorded: ("return", "recorded", returned_message),
}

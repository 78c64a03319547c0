"""Orders and returns as the order service tells of them; each argument replaces what a test leaves open."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4, uuid5

from google.protobuf.message import Message

from libs.messaging import Event, Received, event_of
from libs.money import Money
from libs.protos import money_to_proto, timestamp_to_proto
from retailmesh.order.v1 import order_events_pb2, order_pb2
from retailmesh.type.v1.quantity_pb2 import UNIT_PIECE, Quantity

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORDERS = UUID("c3b4c1a4-2f5e-5c0b-9d3e-0f3a6c1d2e4f")
FACTS = {
    "OrderPlaced": ("order", "placed"),
    "OrderReleased": ("order", "released"),
    "OrderCancelled": ("order", "cancelled"),
    "ReturnRecorded": ("return", "recorded"),
}


def usd(text: str) -> Any:
    return money_to_proto(Money.parse(text, "USD"))


def order_id(number: int) -> str:
    return str(uuid5(ORDERS, str(number)))


def a_line(number: int = 1, pieces: int = 1, price: str = "10.00", **given: Any) -> order_pb2.OrderLine:
    """So many pieces at the price, without a reduction."""
    usual = {
        "line_id": f"L{number}",
        "sku": f"SKU-{number}",
        "title": f"Article {number}",
        "quantity": Quantity(milli=pieces * 1000, unit=UNIT_PIECE),
        "unit_price": usd(price),
        "total": money_to_proto(Money.parse(price, "USD") * pieces),
        "stocked": True,
    }
    return order_pb2.OrderLine(**usual | given)


def a_tender(amount: str, tender_id: str = "T1", kind: int = order_pb2.TENDER_KIND_CARD) -> order_pb2.Tender:
    return order_pb2.Tender(tender_id=tender_id, kind=kind, amount=usd(amount))


def an_order(number: int = 1, *, customer: str = "", **given: Any) -> order_pb2.Order:
    """A paid order of two lines over 30.00 with 2.10 of contained tax; ``given`` replaces details."""
    state = given.pop("state", order_pb2.ORDER_STATE_CONFIRMED)
    lines = [a_line(1), a_line(2, pieces=2)]
    usual: dict[str, Any] = {
        "channel": "shopify:test",
        "channel_order_id": str(1_000_000 + number),
        "order_number": f"#{number}",
        "kind": order_pb2.ORDER_KIND_STOREFRONT,
        "placed_at": timestamp_to_proto(NOON + timedelta(seconds=number)),
        "currency": "USD",
        "customer_id": customer,
        "lines": lines,
        "tax": usd("2.10"),
        "tax_included": True,
        "total": usd("30.00"),
        "tenders": [a_tender("30.00")],
        "paid": True,
    }
    details = order_pb2.NewOrder(**usual | given)
    return order_pb2.Order(order_id=order_id(number), details=details, state=state)


def a_return(
    number: int = 1, amount: str = "10.00", return_id: str = "R1", **given: Any
) -> order_events_pb2.ReturnRecorded:
    """One piece of the first line, given back by card."""
    line = order_pb2.ReturnedLine(
        line_id="L1", sku="SKU-1", quantity=Quantity(milli=1000, unit=UNIT_PIECE), amount=usd(amount)
    )
    usual: dict[str, Any] = {
        "return_id": return_id,
        "lines": [line],
        "amount": usd(amount),
        "tax": usd("0.70"),
        "tenders": [a_tender(amount)],
        "returned_at": timestamp_to_proto(NOON + timedelta(days=1)),
    }
    told = order_events_pb2.ReturnRecorded(
        order_id=order_id(number), channel="shopify:test", sale_posted=True
    )
    getattr(told, "return").CopyFrom(order_pb2.Return(**usual | given))
    return told


def was_placed(order: order_pb2.Order) -> Event:
    return told(order_events_pb2.OrderPlaced(order=order), order.order_id)


def was_released(order: order_pb2.Order) -> Event:
    return told(order_events_pb2.OrderReleased(order=order), order.order_id)


def was_cancelled(order: order_pb2.Order) -> Event:
    at = timestamp_to_proto(NOON + timedelta(days=2))
    message = order_events_pb2.OrderCancelled(order_id=order.order_id, cancelled_at=at, order=order)
    return told(message, order.order_id)


def was_returned(message: order_events_pb2.ReturnRecorded) -> Event:
    return told(message, message.order_id or getattr(message, "return").return_id)


def told(message: Message, key: str) -> Event:
    noun, fact = FACTS[message.DESCRIPTOR.name]
    return event_of(message, key=key, noun=noun, fact=fact, event_id=uuid4(), time=datetime.now(UTC))


def received(event: Event) -> Received:
    """The event as its consumer gets it."""
    return Received(event.id, event.type, event.key, event.time, event.payload, traceparent=event.traceparent)

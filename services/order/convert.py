"""Protobuf messages to domain values and back; nothing else in the service sees both.

Orders pass through here by the thousand each second, so amounts become plain integers at once, and an order's
document is serialised a single time: for its digest, for its row and for its event alike.
"""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from google.protobuf.message import Message
from google.type import money_pb2

from libs.money import LARGEST_UNITS
from libs.protos import timestamp_from_proto, timestamp_to_proto
from libs.refusals import InvalidField
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.type.v1 import quantity_pb2
from services.order.domain.kinds import OrderKind
from services.order.domain.new_order import Line, NewOrder, order_id_of
from services.order.domain.order import Order
from services.order.domain.placing import Placement, PlaceOrder
from services.order.domain.returns import Return, ReturnedLine
from services.order.domain.shipments import Shipment, ShippedLine
from services.order.domain.stock import Allocation, Goods
from services.order.domain.updating import Update

MICROS = 1_000_000
LARGEST_DOCUMENT = 500_000
"""Leaves room for the promises beside it in an event, whose size the broker limits."""
KINDS = {int(kind): kind for kind in OrderKind}


def digest_of(document: bytes) -> bytes:
    return hashlib.sha256(document).digest()


def document_of(message: Message) -> bytes:
    """Serialised so that equal messages make equal documents."""
    return message.SerializeToString(deterministic=True)


def order_id_in(reference: order_pb2.OrderReference) -> str:
    """The canonical id that either name stands for."""
    if reference.HasField("channel_order"):
        return order_id_of(reference.channel_order.channel, reference.channel_order.channel_order_id)
    return str(UUID(reference.order_id))


# ---- amounts


def micros_of(message: money_pb2.Money, currencies: set[str], field: str) -> int:
    """Micros of an amount, whose currency joins ``currencies``. Raises `InvalidField`."""
    units, nanos = message.units, message.nanos
    if nanos % 1000 or units * nanos < 0 or not -1_000_000_000 < nanos < 1_000_000_000:
        raise InvalidField("nanos must be whole micros of the sign of units", field=field)
    if not -LARGEST_UNITS <= units <= LARGEST_UNITS:
        raise InvalidField("amount is too large", field=field)
    currencies.add(message.currency_code)
    return units * MICROS + nanos // 1000


def money_of(micros: int, currency: str) -> money_pb2.Money:
    units, rest = divmod(abs(micros), MICROS)
    sign = -1 if micros < 0 else 1
    return money_pb2.Money(currency_code=currency, units=sign * units, nanos=sign * rest * 1000)


# ---- new orders


def place_order_of(message: order_service_pb2.PlaceOrderRequest, traceparent: str) -> PlaceOrder:
    """``traceparent`` is the call's own, which an order continues unless it brings another."""
    traceparent = message.traceparent or traceparent
    return PlaceOrder(message.request_id, new_order_of(message.order), traceparent[3:35], traceparent)


def new_order_of(message: order_pb2.NewOrder) -> NewOrder:
    """Raises `InvalidField` for what is no exact amount or no time."""
    currencies: set[str] = set()
    lines = [
        line_of(line, currencies, f"order.lines[{position}]") for position, line in enumerate(message.lines)
    ]
    tendered = sum([micros_of(it.amount, currencies, "order.tenders.amount") for it in message.tenders])
    shipping = tax = 0
    if message.HasField("shipping_charge"):
        shipping = micros_of(message.shipping_charge, currencies, "order.shipping_charge")
    if message.HasField("tax"):
        tax = micros_of(message.tax, currencies, "order.tax")
    document = document_of(message)
    if len(document) > LARGEST_DOCUMENT:
        raise InvalidField(f"an order has at most {LARGEST_DOCUMENT} bytes", field="order")
    channel, channel_order_id = message.channel, message.channel_order_id
    return NewOrder(
        order_id=order_id_of(channel, channel_order_id),
        channel=channel,
        channel_order_id=channel_order_id,
        customer_id=message.customer_id,
        kind=KINDS[message.kind],
        placed_at=timestamp_from_proto(message.placed_at, "order.placed_at"),
        channel_version=instant_of(message, "channel_version"),
        currency=message.currency,
        total=micros_of(message.total, currencies, "order.total"),
        currencies=frozenset(currencies),
        region=message.region,
        location_id=message.location_id,
        lines=lines,
        shipping=shipping,
        tax=tax,
        tax_included=message.tax_included,
        tendered=tendered,
        paid=message.paid,
        test=message.test,
        cancelled=message.cancelled,
        document=document,
        digest=digest_of(document),
    )


def line_of(message: order_pb2.OrderLine, currencies: set[str], field: str) -> Line:
    discount = 0
    for it in message.discounts:
        discount += micros_of(it.amount, currencies, field)
    if message.HasField("tax"):
        micros_of(message.tax, currencies, field)
    quantity = message.quantity
    if quantity.milli <= 0:
        raise InvalidField("quantity must be more than zero", field=f"{field}.quantity")
    unit_price = micros_of(message.unit_price, currencies, field)
    if unit_price < 0:
        raise InvalidField("unit_price must not be negative", field=f"{field}.unit_price")
    return Line(
        message.line_id,
        message.sku,
        quantity.milli,
        quantity.unit,
        unit_price,
        discount,
        micros_of(message.total, currencies, field),
        message.stocked,
    )


def instant_of(message: Message, name: str) -> datetime | None:
    return timestamp_from_proto(getattr(message, name), name) if message.HasField(name) else None


# ---- documents: what a recorded order keeps of the message it came as


class OrderDocuments:
    """The `Documents` port."""

    def read(self, document: bytes) -> NewOrder:
        return new_order_of(order_pb2.NewOrder.FromString(document))

    def corrected(self, document: bytes, skus: Mapping[str, str]) -> bytes:
        message = order_pb2.NewOrder.FromString(document)
        for line in message.lines:
            line.sku = skus.get(line.line_id, line.sku)
        return document_of(message)

    def updated(self, document: bytes, channel_version: datetime, paid: bool, shipping: bytes) -> bytes:
        message = order_pb2.NewOrder.FromString(document)
        message.channel_version.CopyFrom(timestamp_to_proto(channel_version))
        message.paid = paid
        if shipping:
            message.shipping.ParseFromString(shipping)
        return document_of(message)


# ---- updates, shipments and returns


def update_of(request: order_service_pb2.UpdateOrderRequest) -> Update:
    shipping = document_of(request.shipping) if request.HasField("shipping") else b""
    version = timestamp_from_proto(request.channel_version, "channel_version")
    return Update(version, request.paid, shipping)


def shipment_of(message: order_pb2.Shipment) -> Shipment:
    lines = tuple(ShippedLine(it.line_id, it.quantity.milli, it.quantity.unit) for it in message.lines)
    document = document_of(message)
    shipped_at = timestamp_from_proto(message.shipped_at, "shipment.shipped_at")
    return Shipment(
        message.shipment_id, message.location_id, lines, shipped_at, document, digest_of(document)
    )


def return_of(channel: str, message: order_pb2.Return) -> Return:
    currencies: set[str] = set()
    for amount, field in amounts_of(message):
        micros_of(amount, currencies, field)
    document = document_of(message)
    return Return(
        channel=channel,
        return_id=message.return_id,
        location_id=message.location_id,
        lines=tuple(
            ReturnedLine(it.line_id, it.sku, it.quantity.milli, it.quantity.unit, it.restock)
            for it in message.lines
        ),
        currency=message.amount.currency_code,
        currencies=frozenset(currencies),
        amount=micros_of(message.amount, currencies, "return.amount"),
        returned_at=timestamp_from_proto(message.returned_at, "return.returned_at"),
        document=document,
        digest=digest_of(document),
    )


def amounts_of(message: order_pb2.Return) -> Iterator[tuple[money_pb2.Money, str]]:
    yield message.amount, "return.amount"
    if message.HasField("tax"):
        yield message.tax, "return.tax"
    for position, line in enumerate(message.lines):
        if line.HasField("amount"):
            yield line.amount, f"return.lines[{position}].amount"
    for position, tender in enumerate(message.tenders):
        yield tender.amount, f"return.tenders[{position}].amount"


# ---- answers


def allocation_to_proto(it: Allocation) -> stock_pb2.Allocation:
    return stock_pb2.Allocation(
        line_id=it.line_id, sku=it.sku, location_id=it.location_id, quantity=quantity_of(it.milli, it.unit)
    )


def shortage_to_proto(it: Goods) -> stock_pb2.Shortage:
    return stock_pb2.Shortage(line_id=it.line_id, sku=it.sku, quantity=quantity_of(it.milli, it.unit))


def quantity_of(milli: int, unit: int) -> quantity_pb2.Quantity:
    return quantity_pb2.Quantity(milli=milli, unit=unit)


def placement_to_proto(it: Placement) -> order_service_pb2.Placement:
    return order_service_pb2.Placement(
        order_id=it.order_id,
        state=it.state,
        hold_reasons=it.hold_reasons,
        refusal_reason=it.refusal_reason or 0,
        allocations=map(allocation_to_proto, it.allocations),
        shortages=map(shortage_to_proto, it.shortages),
        repeated_order=it.repeated_order,
    )


def order_to_proto(order: Order) -> order_pb2.Order:
    return order_pb2.Order(
        order_id=order.order_id,
        details=order_pb2.NewOrder.FromString(order.document),
        state=order.state,
        hold_reasons=order.hold_reasons,
        refusal_reason=order.refusal_reason or 0,
        allocations=map(allocation_to_proto, order.allocations),
        shortages=map(shortage_to_proto, order.shortages),
        sourcing=stock_pb2.SourcingExplanation.FromString(order.sourcing) if order.sourcing else None,
        shipments=map(order_pb2.Shipment.FromString, order.shipments),
        returns=map(order_pb2.Return.FromString, order.returns),
        version=order.version,
        trace_id=order.trace_id,
        recorded_at=timestamp_to_proto(order.recorded_at),
    )

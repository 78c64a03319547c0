"""Orders as gateways hand them over; each argument replaces what a test does not care about."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from google.type.money_pb2 import Money as MoneyMessage

from libs.money import Money
from libs.protos import money_to_proto, timestamp_to_proto
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import (
    ORDER_KIND_STOREFRONT,
    ORDER_KIND_TILL_SALE,
    TENDER_KIND_CARD,
    TENDER_KIND_CASH,
    ChannelOrder,
    LineQuantity,
    NewOrder,
    OrderLine,
    OrderReference,
    Return,
    ReturnedLine,
    Shipment,
    Tender,
)
from retailmesh.type.v1.address_pb2 import Contact
from retailmesh.type.v1.quantity_pb2 import UNIT_PIECE, Quantity

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
SHOP, TILL = "shopify:main", "till:S001"


def a_request_id() -> str:
    return f"request-{uuid4()}"


def usd(amount: str) -> MoneyMessage:
    return money_to_proto(Money.parse(amount, "USD"))


def pieces(count: int) -> Quantity:
    return Quantity(milli=count * 1000, unit=UNIT_PIECE)


def a_line(
    line_id: str = "1", sku: str = "MILK", count: int = 1, price: str = "2.50", **given: Any
) -> OrderLine:
    total = money_to_proto(Money.parse(price, "USD") * count)
    usual = {"quantity": pieces(count), "unit_price": usd(price), "total": total, "stocked": True}
    return OrderLine(**usual | {"line_id": line_id, "sku": sku} | given)


def postage(line_id: str = "9", price: str = "4.00", **given: Any) -> OrderLine:
    return a_line(line_id, "", price=price, stocked=False, title="Postage", **given)


def total_of(lines: list[OrderLine]) -> MoneyMessage:
    micros = sum(line.total.units * 1_000_000 + line.total.nanos // 1000 for line in lines)
    return money_to_proto(Money("USD", micros))


def an_order(*lines: OrderLine, number: str = "1001", **given: Any) -> NewOrder:
    """A paid storefront order of its lines, one piece of milk unless others are given."""
    chosen = list(lines) or [a_line()]
    usual = {
        "channel": SHOP,
        "channel_order_id": number,
        "order_number": f"#{number}",
        "kind": ORDER_KIND_STOREFRONT,
        "placed_at": timestamp_to_proto(MONDAY),
        "channel_version": timestamp_to_proto(MONDAY),
        "currency": "USD",
        "region": "NORTH",
        "shipping": Contact(name="Ada Lovelace", email="ada@example.org"),
        "total": total_of(chosen),
        "paid": True,
    }
    return NewOrder(**usual | {"lines": chosen} | given)


def a_sale(*lines: OrderLine, number: str = "S001/1/77/2026-06-01", **given: Any) -> NewOrder:
    """A till's sale at S001, paid in cash."""
    chosen = list(lines) or [a_line()]
    usual = {
        "channel": TILL,
        "kind": ORDER_KIND_TILL_SALE,
        "location_id": "S001",
        "tenders": [Tender(tender_id="1", kind=TENDER_KIND_CASH, amount=total_of(chosen))],
    }
    return an_order(*chosen, number=number, **usual | given)


def placing(order: NewOrder | None = None, request_id: str = "", **given: Any) -> pb.PlaceOrderRequest:
    return pb.PlaceOrderRequest(request_id=request_id or a_request_id(), order=order or an_order(), **given)


def named(number: str = "1001", channel: str = SHOP) -> OrderReference:
    return OrderReference(channel_order=ChannelOrder(channel=channel, channel_order_id=number))


def a_shipment(
    *lines: tuple[str, int], shipment_id: str = "F1", location_id: str = "", **given: Any
) -> Shipment:
    """Of pairs of line id and pieces, one piece of line 1 unless others are given."""
    sent = [LineQuantity(line_id=line_id, quantity=pieces(count)) for line_id, count in lines or [("1", 1)]]
    usual = {"shipped_at": timestamp_to_proto(MONDAY + timedelta(hours=5))}
    return Shipment(**usual | {"shipment_id": shipment_id, "location_id": location_id, "lines": sent} | given)


def shipping(
    order: OrderReference | None = None, shipment: Shipment | None = None, request_id: str = ""
) -> Any:
    return pb.RecordShipmentRequest(
        request_id=request_id or a_request_id(), order=order or named(), shipment=shipment or a_shipment()
    )


def cancelling(
    order: OrderReference | None = None, request_id: str = "", **given: Any
) -> pb.CancelOrderRequest:
    usual = {"reason": "changed their mind", "cancelled_at": timestamp_to_proto(MONDAY + timedelta(hours=1))}
    return pb.CancelOrderRequest(
        **usual | {"request_id": request_id or a_request_id(), "order": order or named()} | given
    )


def back(line_id: str = "1", count: int = 1, restock: bool = True, **given: Any) -> ReturnedLine:
    return ReturnedLine(**{"line_id": line_id, "quantity": pieces(count), "restock": restock} | given)


def a_return(*lines: ReturnedLine, return_id: str = "R1", amount: str = "2.50", **given: Any) -> Return:
    """Brought to S001, money back on the card."""
    usual = {
        "location_id": "S001",
        "tenders": [Tender(tender_id="1", kind=TENDER_KIND_CARD, amount=usd(amount))],
        "returned_at": timestamp_to_proto(MONDAY + timedelta(days=7)),
    }
    return Return(**usual | {"return_id": return_id, "lines": lines, "amount": usd(amount)} | given)


def returning(
    returned: Return | None = None, order: OrderReference | None = None, request_id: str = "", **given: Any
) -> pb.RecordReturnRequest:
    """Of order 1001 unless ``order`` is another; `returning_without_order` has none."""
    request = returning_without_order(returned or a_return(back()), request_id, **given)
    request.order.CopyFrom(order or named())
    return request


def returning_without_order(returned: Return, request_id: str = "", channel: str = SHOP) -> Any:
    return pb.RecordReturnRequest(
        **{"request_id": request_id or a_request_id(), "channel": channel, "return": returned}
    )


def updating(
    hours: float = 1, order: OrderReference | None = None, request_id: str = "", **given: Any
) -> Any:
    """The channel's state so many hours after the order was placed."""
    version = timestamp_to_proto(MONDAY + timedelta(hours=hours))
    usual = {"request_id": request_id or a_request_id(), "order": order or named()}
    return pb.UpdateOrderRequest(**usual | {"channel_version": version} | given)


def holding(order: OrderReference | None = None, request_id: str = "", reason: str = "ask first") -> Any:
    return pb.HoldOrderRequest(request_id=request_id or a_request_id(), order=order or named(), reason=reason)


def releasing(order: OrderReference | None = None, request_id: str = "", **corrections: str) -> Any:
    """``line_1="MILK"`` corrects the product of line 1."""
    return pb.ReleaseHoldRequest(
        request_id=request_id or a_request_id(),
        order=order or named(),
        corrections=[
            pb.LineCorrection(line_id=name.removeprefix("line_"), sku=sku)
            for name, sku in corrections.items()
        ],
    )

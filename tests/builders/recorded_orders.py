"""Orders in the domain's own shapes; each argument replaces what a test does not care about."""

from datetime import UTC, datetime
from typing import Any

from services.order.domain.kinds import OrderKind, OrderState
from services.order.domain.new_order import Line, NewOrder, order_id_of
from services.order.domain.order import Order, OrderLine
from services.order.domain.returns import Return, ReturnedLine
from services.order.domain.shipments import Shipment, ShippedLine

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PIECE, KILOGRAM = 1, 2


def a_new_line(line_id: str = "1", pieces: int = 1, price: int = 2_500_000, **given: Any) -> Line:
    total = price * pieces - given.get("discount", 0)
    usual = {"sku": "MILK", "milli": pieces * 1000, "unit": PIECE, "discount": 0, "stocked": True}
    return Line(**usual | {"line_id": line_id, "price": price, "total": total} | given)


def a_new_order(*lines: Line, **given: Any) -> NewOrder:
    chosen = lines or (a_new_line(),)
    usual = {
        "order_id": order_id_of("shop", "1"),
        "channel": "shop",
        "channel_order_id": "1",
        "customer_id": "",
        "kind": OrderKind.STOREFRONT,
        "placed_at": NOON,
        "channel_version": NOON,
        "currency": "USD",
        "currencies": frozenset({"USD"}),
        "region": "NORTH",
        "location_id": "",
        "lines": chosen,
        "shipping": 0,
        "tax": 0,
        "tax_included": False,
        "total": sum(line.total for line in chosen),
        "tendered": 0,
        "paid": True,
        "test": False,
        "cancelled": False,
        "document": b"",
        "digest": b"",
    }
    return NewOrder(**usual | given)


def an_order_line(line_id: str = "1", ordered: int = 1000, **given: Any) -> OrderLine:
    """Promised in full by W001 unless something else is given."""
    usual = {"sku": "MILK", "unit": PIECE, "stocked": True, "promised": {"W001": ordered}}
    return OrderLine(**usual | {"line_id": line_id, "ordered": ordered} | given)


def a_recorded_order(*lines: OrderLine, **given: Any) -> Order:
    usual = {
        "order_id": order_id_of("shop", "1"),
        "channel": "shop",
        "channel_order_id": "1",
        "customer_id": "",
        "kind": OrderKind.STOREFRONT,
        "state": OrderState.CONFIRMED,
        "hold_reasons": (),
        "overruled": frozenset(),
        "refusal_reason": None,
        "region": "NORTH",
        "location_id": "",
        "currency": "USD",
        "total": 10_000_000,
        "paid_amount": 10_000_000,
        "refunded": 0,
        "paid": True,
        "accepted": True,
        "placed_at": NOON,
        "channel_version": NOON,
        "version": 1,
        "trace_id": "",
        "recorded_at": NOON,
        "lines": lines or (an_order_line(),),
        "document": b"",
        "sourcing": b"",
        "shipments": (),
        "returns": (),
        "shipped_from": frozenset(),
    }
    return Order(**usual | given)


def sent(*lines: tuple[str, int], location_id: str = "", shipment_id: str = "F1") -> Shipment:
    """A shipment of pairs of line id and thousandths."""
    shipped = tuple(ShippedLine(line_id, milli, PIECE) for line_id, milli in lines)
    return Shipment(shipment_id, location_id, shipped, NOON, b"shipment", b"")


def given_back(*lines: tuple[str, int], amount: int = 0, return_id: str = "R1", **given: Any) -> Return:
    """A return of pairs of line id and thousandths, restocked at S001."""
    back = tuple(ReturnedLine(line_id, "", milli, PIECE, True) for line_id, milli in lines)
    usual = {
        "channel": "shop",
        "location_id": "S001",
        "currency": "USD",
        "currencies": frozenset({"USD"}),
        "returned_at": NOON,
        "document": b"return",
        "digest": b"",
    }
    return Return(**usual | {"return_id": return_id, "lines": back, "amount": amount} | given)

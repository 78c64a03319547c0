"""Requests to inventory as callers send them; each argument replaces what a test does not care about."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from libs.protos import timestamp_to_proto
from libs.refusals import Refusal
from libs.rpc import refusal_of
from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.type.v1.quantity_pb2 import UNIT_PIECE, Quantity, Unit

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def order_id(number: int = 1) -> str:
    return str(UUID(int=number))


def pieces(count: float, unit: Unit = UNIT_PIECE) -> Quantity:
    return Quantity(milli=round(count * 1000), unit=unit)


def a_line(sku: str = "MILK", count: int = 1, *, line_id: str = "1", unit: Unit = UNIT_PIECE) -> pb.StockLine:
    return pb.StockLine(line_id=line_id, sku=sku, quantity=pieces(count, unit))


def a_reservation(*lines: pb.StockLine, **given: Any) -> pb.StockReservation:
    usual = {"request_id": str(uuid4()), "order_id": order_id(), "channel": "web", "region": "EAST"}
    return pb.StockReservation(**usual | {"lines": lines or [a_line()]} | given)


def a_release(**given: Any) -> pb.StockRelease:
    return pb.StockRelease(**{"request_id": str(uuid4()), "order_id": order_id()} | given)


def an_issue(*lines: pb.StockLine, occurred_at: datetime | None = MONDAY, **given: Any) -> pb.StockIssue:
    usual = {
        "request_id": str(uuid4()),
        "source_reference": "receipt-1",
        "location_id": "S1",
        "cause": stock_pb2.MOVEMENT_CAUSE_SALE,
        "occurred_at": timestamp_to_proto(occurred_at) if occurred_at else None,
    }
    return pb.StockIssue(**usual | {"lines": lines or [a_line()]} | given)


def a_shipment(*lines: pb.StockLine, **given: Any) -> pb.StockIssue:
    cause = stock_pb2.MOVEMENT_CAUSE_SHIPMENT
    return an_issue(*lines, **{"cause": cause, "location_id": "W1", "order_id": order_id()} | given)


def a_receipt(*lines: pb.StockLine, occurred_at: datetime | None = MONDAY, **given: Any) -> pb.StockReceipt:
    usual = {
        "request_id": str(uuid4()),
        "source_reference": "delivery-1",
        "location_id": "W1",
        "cause": stock_pb2.MOVEMENT_CAUSE_RECEIPT,
        "occurred_at": timestamp_to_proto(occurred_at) if occurred_at else None,
    }
    return pb.StockReceipt(**usual | {"lines": lines or [a_line()]} | given)


def an_adjustment(difference: int = 1, sku: str = "MILK", **given: Any) -> pb.StockAdjustment:
    usual = {
        "request_id": str(uuid4()),
        "source_reference": "audit-1",
        "location_id": "W1",
        "reason": "found",
        "occurred_at": timestamp_to_proto(MONDAY),
    }
    return pb.StockAdjustment(**usual | {"sku": sku, "difference": pieces(difference)} | given)


def counted(sku: str, location_id: str, count: int, **given: Any) -> pb.CountedStock:
    return pb.CountedStock(**{"sku": sku, "location_id": location_id, "quantity": pieces(count)} | given)


def a_count(
    *counts: pb.CountedStock, counted_at: datetime = MONDAY - HOUR, **given: Any
) -> pb.CountStockRequest:
    usual = {"request_id": str(uuid4()), "source_reference": "count-1"}
    return pb.CountStockRequest(
        **usual | {"counts": counts, "counted_at": timestamp_to_proto(counted_at)} | given
    )


def a_rule(**given: Any) -> stock_pb2.SourcingRule:
    usual = {"channel": "web", "name": "web-rule", "use_warehouses": True, "use_stores": True}
    return stock_pb2.SourcingRule(**usual | given)


async def opening_stock(stub: Any, **stock: int) -> None:
    """``opening_stock(stub, W1_MILK=5)``: counted before anything else happened."""
    counts = [counted(sku, at, count) for at, sku, count in (parts(name, it) for name, it in stock.items())]
    await stub.CountStock(a_count(*counts))


def parts(name: str, count: int) -> tuple[str, str, int]:
    location_id, sku = name.split("_")
    return location_id, sku, count


async def levels(stub: Any, *skus: str) -> dict[str, tuple[float, float]]:
    """On hand and reserved in whole units by ``LOCATION_SKU``."""
    found = await stub.BatchGetAvailability(pb.BatchGetAvailabilityRequest(skus=skus or ["MILK"]))
    return {
        f"{it.location_id}_{it.sku}": (it.on_hand.milli / 1000, it.reserved.milli / 1000)
        for it in found.levels
    }


async def reserve(stub: Any, *reservations: pb.StockReservation) -> list[pb.ReserveStockResult]:
    return list((await stub.ReserveStock(pb.ReserveStockRequest(reservations=reservations))).results)


async def release(stub: Any, *releases: pb.StockRelease) -> list[pb.ReleaseStockResult]:
    return list((await stub.ReleaseStock(pb.ReleaseStockRequest(releases=releases))).results)


async def issue(stub: Any, *issues: pb.StockIssue) -> list[pb.IssueStockResult]:
    return list((await stub.IssueStock(pb.IssueStockRequest(issues=issues))).results)


async def receive(stub: Any, *receipts: pb.StockReceipt) -> list[pb.ReceiveStockResult]:
    return list((await stub.ReceiveStock(pb.ReceiveStockRequest(receipts=receipts))).results)


async def adjust(stub: Any, *adjustments: pb.StockAdjustment) -> list[pb.AdjustStockResult]:
    return list((await stub.AdjustStock(pb.AdjustStockRequest(adjustments=adjustments))).results)


async def reservations(stub: Any, number: int = 1) -> list[tuple[str, str, float, str]]:
    """Line, location, quantity and state of an order's reservations."""
    listed = await stub.ListReservations(pb.ListReservationsRequest(order_id=order_id(number)))
    return [(it.line_id, it.location_id, it.quantity.milli / 1000, state(it)) for it in listed.reservations]


def state(reservation: stock_pb2.Reservation) -> str:
    return stock_pb2.ReservationState.Name(reservation.state).removeprefix("RESERVATION_STATE_")


def refusal_in(result: Any) -> Refusal:
    assert result.HasField("refusal"), f"not refused: {result}"
    return refusal_of(result.refusal)

"""Stock in the words of inventory's contract."""

from collections.abc import Iterable

from libs.protos import timestamp_to_proto
from retailmesh.inventory.v1 import inventory_service_pb2 as inventory_pb2
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.type.v1 import quantity_pb2
from services.order.domain.stock import (
    Allocation,
    Goods,
    Issue,
    Promise,
    Receipt,
    Release,
    Reservation,
)

SALE = stock_pb2.MOVEMENT_CAUSE_SALE
SHIPMENT = stock_pb2.MOVEMENT_CAUSE_SHIPMENT


def lines_of(goods: Iterable[Goods]) -> list[inventory_pb2.StockLine]:
    return [
        inventory_pb2.StockLine(
            line_id=it.line_id, sku=it.sku, quantity=quantity_pb2.Quantity(milli=it.milli, unit=it.unit)
        )
        for it in goods
    ]


def reservation_message(it: Reservation) -> inventory_pb2.StockReservation:
    return inventory_pb2.StockReservation(
        request_id=it.request_id,
        order_id=it.order_id,
        channel=it.channel,
        region=it.region,
        lines=lines_of(it.goods),
        excluded_location_ids=it.excluded_location_ids,
        traceparent=it.traceparent,
    )


def issue_message(it: Issue) -> inventory_pb2.StockIssue:
    """A sale has no promises to fulfil, so inventory is not told to look for any."""
    return inventory_pb2.StockIssue(
        request_id=it.request_id,
        source_reference=it.order_id,
        location_id=it.location_id,
        cause=SALE if it.is_sale else SHIPMENT,
        order_id="" if it.is_sale else it.order_id,
        lines=lines_of(it.goods),
        occurred_at=timestamp_to_proto(it.occurred_at),
        traceparent=it.traceparent,
    )


def receipt_message(it: Receipt) -> inventory_pb2.StockReceipt:
    return inventory_pb2.StockReceipt(
        request_id=it.request_id,
        source_reference=it.source_reference,
        location_id=it.location_id,
        cause=stock_pb2.MOVEMENT_CAUSE_RETURN,
        lines=lines_of(it.goods),
        occurred_at=timestamp_to_proto(it.occurred_at),
        traceparent=it.traceparent,
    )


def release_message(it: Release) -> inventory_pb2.StockRelease:
    return inventory_pb2.StockRelease(
        request_id=it.request_id,
        order_id=it.order_id,
        line_ids=it.line_ids,
        location_id=it.location_id,
        traceparent=it.traceparent,
    )


def promise_of(reserved: inventory_pb2.ReservedStock) -> Promise:
    allocations = [
        Allocation(it.line_id, it.sku, it.location_id, it.quantity.milli, it.quantity.unit)
        for it in reserved.allocations
    ]
    shortages = [Goods(it.line_id, it.sku, it.quantity.milli, it.quantity.unit) for it in reserved.shortages]
    return Promise(tuple(allocations), tuple(shortages), reserved.explanation.SerializeToString())

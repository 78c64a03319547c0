"""Between the domain and rows: a batch becomes columns, rows become orders."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import RowMapping

from services.order.domain.kinds import ACCEPTED, HoldReason, OrderKind, OrderState, RefusalReason
from services.order.domain.new_order import paid_amount_of
from services.order.domain.order import Order, OrderLine
from services.order.domain.placing import Placed

Columns = dict[str, list[Any]]

ORDER = (
    "order_id",
    "channel",
    "channel_order_id",
    "request_id",
    "digest",
    "kind",
    "state",
    "hold_reasons",
    "refusal_reason",
    "customer_id",
    "region",
    "location_id",
    "currency",
    "shipping_micros",
    "tax_micros",
    "tax_included",
    "total_micros",
    "paid_micros",
    "paid",
    "accepted",
    "placed_at",
    "channel_version",
    "recorded_at",
    "trace_id",
    "document",
    "sourcing",
)
LINE = (
    "line_order_id",
    "number",
    "line_id",
    "sku",
    "unit",
    "stocked",
    "line_total_micros",
    "ordered",
    "promised",
    "short",
    "shipped",
)


def placed_columns(placed: Sequence[Placed]) -> Columns:
    """Rows are made as tuples and turned into columns at once, which is the least work for each value."""
    orders = zip(*map(placed_row, placed), strict=True)
    lines = zip(*[row for it in placed for row in placed_lines(it)], strict=True)
    columns = dict(zip(ORDER, map(list, orders), strict=True))
    return columns | (dict(zip(LINE, map(list, lines), strict=False)) or {name: [] for name in LINE})


def placed_row(it: Placed) -> tuple[Any, ...]:
    order = it.command.order
    return (
        order.order_id,
        order.channel,
        order.channel_order_id,
        it.command.request_id,
        order.digest,
        order.kind,
        it.state,
        array_text(it.hold_reasons),
        it.refusal_reason,
        order.customer_id,
        order.region,
        order.location_id,
        order.currency,
        order.shipping,
        order.tax,
        order.tax_included,
        order.total,
        paid_amount_of(order),
        order.paid or order.kind == OrderKind.TILL_SALE,
        it.state in ACCEPTED,
        order.placed_at,
        order.channel_version,
        it.recorded_at,
        it.command.trace_id,
        order.document,
        it.promise.explanation,
    )


def placed_lines(it: Placed) -> Iterable[tuple[Any, ...]]:
    order = it.command.order
    promised: dict[str, dict[str, int]] = {}
    for one in it.promise.allocations:
        places = promised.setdefault(one.line_id, {})
        places[one.location_id] = places.get(one.location_id, 0) + one.milli
    short = {one.line_id: one.milli for one in it.promise.shortages}
    shipped = {one.line_id: one.milli for one in it.handed_over}
    for number, (line, stocked) in enumerate(zip(order.lines, it.stocked, strict=True)):
        line_id = line.line_id
        yield (
            order.order_id,
            number,
            line_id,
            line.sku,
            line.unit,
            stocked,
            line.total,
            line.milli,
            json.dumps(promised[line_id]) if line_id in promised else "{}",
            short.get(line_id, 0),
            shipped.get(line_id, 0),
        )


def array_text(reasons: Iterable[HoldReason]) -> str:
    """An array inside a column of arrays: PostgreSQL's own would have to be rectangular."""
    return "{" + ",".join([str(int(reason)) for reason in reasons]) + "}"


def saved_columns(orders: Sequence[Order]) -> Columns:
    return {
        "order_id": [order.order_id for order in orders],
        "state": [order.state for order in orders],
        "hold_reasons": [array_text(order.hold_reasons) for order in orders],
        "overruled": [array_text(sorted(order.overruled)) for order in orders],
        "paid_micros": [order.paid_amount for order in orders],
        "refunded_micros": [order.refunded for order in orders],
        "paid": [order.paid for order in orders],
        "accepted": [order.accepted for order in orders],
        "channel_version": [order.channel_version for order in orders],
        "version": [order.version for order in orders],
        "document": [order.document for order in orders],
        "sourcing": [order.sourcing for order in orders],
        "shipped_from": [json.dumps(sorted(order.shipped_from)) for order in orders],
    }


def saved_line_columns(orders: Sequence[Order]) -> Columns:
    lines = [(order.order_id, number, line) for order in orders for number, line in enumerate(order.lines)]
    return {
        "order_id": [order_id for order_id, _, _ in lines],
        "number": [number for _, number, _ in lines],
        "sku": [line.sku for _, _, line in lines],
        "stocked": [line.stocked for _, _, line in lines],
        "promised": [json.dumps(dict(line.promised)) for _, _, line in lines],
        "short": [line.short for _, _, line in lines],
        "shipped": [line.shipped for _, _, line in lines],
        "cancelled": [line.cancelled for _, _, line in lines],
        "returned": [line.returned for _, _, line in lines],
    }


def orders_of(rows: Iterable[RowMapping], lines: Iterable[RowMapping]) -> dict[str, Order]:
    """The orders by id, in the order of ``rows``; ``lines`` are sorted by order."""
    by_order = {
        str(order_id): tuple(map(line_of, group))
        for order_id, group in groupby(lines, key=lambda line: line["order_id"])
    }
    return {str(row["order_id"]): order_of(row, by_order.get(str(row["order_id"]), ())) for row in rows}


def line_of(row: RowMapping) -> OrderLine:
    return OrderLine(
        line_id=row["line_id"],
        sku=row["sku"],
        unit=row["unit"],
        stocked=row["stocked"],
        ordered=row["ordered"],
        promised=promised_of(row["promised"]),
        short=row["short"],
        shipped=row["shipped"],
        cancelled=row["cancelled"],
        returned=row["returned"],
    )


def promised_of(value: str | Mapping[str, int]) -> Mapping[str, int]:
    """A plain statement has no types, so the driver gives jsonb as text."""
    return json.loads(value) if isinstance(value, str) else value


def order_of(row: RowMapping, lines: tuple[OrderLine, ...]) -> Order:
    return Order(
        order_id=str(row["order_id"]),
        channel=row["channel"],
        channel_order_id=row["channel_order_id"],
        customer_id=row["customer_id"],
        kind=OrderKind(row["kind"]),
        state=OrderState(row["state"]),
        hold_reasons=tuple(map(HoldReason, row["hold_reasons"])),
        overruled=frozenset(map(HoldReason, row["overruled"])),
        refusal_reason=RefusalReason(row["refusal_reason"]) if row["refusal_reason"] else None,
        region=row["region"],
        location_id=row["location_id"],
        currency=row["currency"],
        total=row["total_micros"],
        paid_amount=row["paid_micros"],
        refunded=row["refunded_micros"],
        paid=row["paid"],
        accepted=row["accepted"],
        placed_at=row["placed_at"],
        channel_version=row["channel_version"],
        version=row["version"],
        trace_id=row["trace_id"],
        recorded_at=row["recorded_at"],
        lines=lines,
        document=row["document"],
        sourcing=row["sourcing"],
        shipments=tuple(row["shipments"]),
        returns=tuple(row["returns"]),
        shipped_from=frozenset(row["shipped_from"]),
    )

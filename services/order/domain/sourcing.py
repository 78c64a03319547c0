"""Promises of stock that an order gains or loses."""

from collections.abc import Iterable
from dataclasses import replace

from services.order.domain.kinds import HoldReason
from services.order.domain.order import Order, OrderLine
from services.order.domain.stock import Allocation, Promise


def with_promise(order: Order, promise: Promise) -> Order:
    """Every stocked line has now been sourced; what nobody promised is short."""
    gained: dict[str, dict[str, int]] = {}
    for it in promise.allocations:
        places = gained.setdefault(it.line_id, {})
        places[it.location_id] = places.get(it.location_id, 0) + it.milli
    lines = [add_promises(line, gained.get(line.line_id, {})) for line in order.lines]
    return replace(order.with_lines(lines), sourcing=promise.explanation or order.sourcing)


def add_promises(line: OrderLine, gained: dict[str, int]) -> OrderLine:
    promised = dict(line.promised)
    for place, milli in gained.items():
        promised[place] = promised.get(place, 0) + milli
    return replace(line, promised=promised).with_short()


def without_promises(order: Order, lost: Iterable[Allocation]) -> Order:
    """The order without what it lost; at most what it still had is taken away, and not yet called short."""
    for it in lost:
        line = next((line for line in order.lines if line.line_id == it.line_id), None)
        if line is None:
            continue
        left = line.promised.get(it.location_id, 0) - it.milli
        promised = {place: milli for place, milli in line.promised.items() if place != it.location_id}
        if left > 0:
            promised[it.location_id] = left
        order = order.with_lines([replace(line, promised=promised)])
    return order


def refused_by_inventory(order: Order) -> Order:
    """The order held because inventory would not move its goods, for example for their unit."""
    reasons = dict.fromkeys([*order.hold_reasons, HoldReason.STOCK_REFUSED])
    return replace(order, hold_reasons=tuple(reasons))

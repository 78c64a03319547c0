"""Promises of stock that an order seeks, gains and loses."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.order.domain.kinds import HoldReason
from services.order.domain.order import Order, OrderLine
from services.order.domain.states import Command, allows
from services.order.domain.stock import (
    Allocation,
    Promise,
    Release,
    Reservation,
    Source,
    request_id_of,
)


def seek(order: Order, cause: str, *name: str, excluded: Sequence[str] = ()) -> list[Source]:
    """The instruction to source whatever waits for stock; ``name`` tells this attempt from all others."""
    if not order.shortages or order.hold_reasons:
        return []
    request_id = request_id_of(order.order_id, "source", *name)
    reservation = Reservation(
        request_id, order.order_id, order.channel, order.region, order.shortages, tuple(excluded)
    )
    return [Source(reservation, cause)]


def with_everything_short(order: Order) -> Order:
    """Nothing of what is not promised has been sourced yet, so all of it waits for stock."""
    return order.with_lines([line.with_short() for line in order.lines])


def gain(order: Order, source: Source, promise: Promise) -> tuple[Order | None, list[Release]]:
    """The order with what it was promised, None when that changes nothing; and what is given back.

    While inventory was asked, the order may have been called off or sent from elsewhere: a promise that it
    has no use for any more is given back.
    """
    lines = {line.line_id: line for line in order.lines} if allows(order.state, Command.SOURCE) else {}
    surplus: list[Allocation] = []
    for it in promise.allocations:
        line = lines.get(it.line_id)
        if line is not None and it.milli <= line.short:
            lines[it.line_id] = promise_more(line, it)
        else:
            surplus.append(it)
    releases = [give_back(source, it) for it in surplus]
    if len(surplus) == len(promise.allocations):
        return None, releases
    gained = replace(order.with_lines(list(lines.values())), sourcing=promise.explanation or order.sourcing)
    return gained.after(Command.SOURCE), releases


def promise_more(line: OrderLine, it: Allocation) -> OrderLine:
    promised = {**line.promised, it.location_id: line.promised.get(it.location_id, 0) + it.milli}
    return replace(line, promised=promised).with_short()


def give_back(source: Source, it: Allocation) -> Release:
    request_id = request_id_of(source.request_id, "surplus", it.line_id, it.location_id)
    return Release(request_id, source.order_id, (it.line_id,), it.location_id)


def lose(order: Order, lost: Iterable[Allocation]) -> Order | None:
    """The order without promises that a location took back; what they covered waits for stock again.

    None when the order has no use for them any more, or has lost them already.
    """
    if not allows(order.state, Command.SOURCE):
        return None
    lines = {line.line_id: line for line in order.lines}
    for it in lost:
        if line := lines.get(it.line_id):
            lines[it.line_id] = promise_less(line, it)
    without = order.with_lines(list(lines.values()))
    return without.after(Command.SOURCE) if without.lines != order.lines else None


def promise_less(line: OrderLine, it: Allocation) -> OrderLine:
    left = line.promised.get(it.location_id, 0) - it.milli
    promised = {place: milli for place, milli in line.promised.items() if place != it.location_id}
    if left > 0:
        promised[it.location_id] = left
    return replace(line, promised=promised).with_short()


def held_by_inventory(order: Order) -> Order | None:
    """The order on hold because inventory would not move its goods, for example for their unit."""
    if not allows(order.state, Command.SOURCE) or HoldReason.STOCK_REFUSED in order.hold_reasons:
        return None
    reasons = (*order.hold_reasons, HoldReason.STOCK_REFUSED)
    return replace(order, hold_reasons=reasons).after(Command.SOURCE)

"""Promises of stock that an order seeks, gains and loses."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from services.order.domain.kinds import HoldReason, OrderKind
from services.order.domain.order import Order, OrderLine
from services.order.domain.states import Command, allows
from services.order.domain.stock import (
    Allocation,
    Instruction,
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

    While inventory was asked, the order may have been called off or sent from elsewhere. A promise that it
    has no use for any more is given back, with all that the same location had promised to the line before:
    a location gives back a line whole.
    """
    lines = {line.line_id: line for line in order.lines} if allows(order.state, Command.SOURCE) else {}
    surplus: list[Allocation] = []
    for it in promise.allocations:
        line = lines.get(it.line_id)
        if line is not None and it.milli <= line.short:
            lines[it.line_id] = promise_more(line, it)
        else:
            surplus.append(it)
    for it in surplus:
        if line := lines.get(it.line_id):
            lines[it.line_id] = promise_less(line, it.location_id, line.promised.get(it.location_id, 0))
    releases = [give_back(source, it) for it in surplus]
    gained = order.with_lines(list(lines.values()))
    if gained.lines == order.lines:
        return None, releases
    gained = replace(gained, sourcing=promise.explanation or order.sourcing)
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
            lines[it.line_id] = promise_less(line, it.location_id, it.milli)
    without = order.with_lines(list(lines.values()))
    return without.after(Command.SOURCE) if without.lines != order.lines else None


def promise_less(line: OrderLine, place: str, milli: int) -> OrderLine:
    promised = {other: it for other, it in line.promised.items() if other != place}
    left = line.promised.get(place, 0) - milli
    if left > 0:
        promised[place] = left
    return replace(line, promised=promised).with_short()


def source_anew(order: Order, cause: str, *name: str) -> tuple[Order, list[Instruction]] | None:
    """The order without promises, and what makes inventory start afresh with it; None for one at its end."""
    if not allows(order.state, Command.SOURCE) or order.kind == OrderKind.TILL_SALE:
        return None
    lines = [replace(line, promised={}).with_short() for line in order.lines]
    after = order.with_lines(lines).after(Command.SOURCE)
    release = Release(request_id_of(order.order_id, "start anew", *name), order.order_id)
    return after, [release, *seek(after, cause, "start anew", *name)]


def held_by_inventory(order: Order) -> Order | None:
    """The order on hold because inventory would not move its goods, for example for their unit."""
    if not allows(order.state, Command.SOURCE) or HoldReason.STOCK_REFUSED in order.hold_reasons:
        return None
    reasons = (*order.hold_reasons, HoldReason.STOCK_REFUSED)
    return replace(order, hold_reasons=reasons).after(Command.SOURCE)

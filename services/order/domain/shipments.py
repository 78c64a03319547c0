"""Goods sent for an order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from libs.refusals import InvalidField
from services.order.domain.kinds import OrderKind
from services.order.domain.order import Order, OrderLine
from services.order.domain.refusals import DuplicateLine, LocationMissing, QuantityExceeded, StateForbids
from services.order.domain.states import Command, next_state
from services.order.domain.stock import Goods, Instruction, Issue, request_id_of


@dataclass(frozen=True, slots=True)
class ShippedLine:
    line_id: str
    milli: int
    unit: int


@dataclass(frozen=True, slots=True)
class Shipment:
    """``location_id`` is empty when the goods left from where they were promised."""

    shipment_id: str
    location_id: str
    lines: tuple[ShippedLine, ...]
    shipped_at: datetime
    document: bytes
    digest: bytes


def ship(order: Order, shipment: Shipment) -> tuple[Order, list[Instruction]]:
    """The order after the shipment, and what inventory has to be told.

    Raises `LineUnknown`, `DuplicateLine`, `QuantityExceeded`, `LocationMissing`, `StateForbids`.
    """
    next_state(order.state, Command.SHIP)
    refuse_till_sale(order)
    refuse_duplicates(shipment.lines)
    changed: list[OrderLine] = []
    sent: dict[str, list[Goods]] = {}
    for position, it in enumerate(shipment.lines):
        line = order.line(it.line_id)
        refuse_excess(line, it, f"shipment.lines[{position}]")
        parts = parts_of(order, line, it.milli, shipment.location_id)
        changed.append(after_shipping(line, it.milli, parts))
        for location_id, milli in parts.items():
            sent.setdefault(location_id, []).append(Goods(line.line_id, line.sku, milli, line.unit))
    shipped = replace(
        order.with_lines(changed),
        shipments=(*order.shipments, shipment.document),
        shipped_from=order.shipped_from.union(sent),
    ).after(Command.SHIP)
    return shipped, [issue_of(order, shipment, location_id, goods) for location_id, goods in sent.items()]


def refuse_till_sale(order: Order) -> None:
    if order.kind == OrderKind.TILL_SALE:
        raise StateForbids(
            "goods sold at a till were handed over",
            state=f"ORDER_STATE_{order.state.name}",
            command=Command.SHIP.value,
        )


def refuse_duplicates(lines: Sequence[ShippedLine]) -> None:
    seen: set[str] = set()
    for line in lines:
        if line.line_id in seen:
            raise DuplicateLine(f"line {line.line_id} stands twice", line_id=line.line_id)
        seen.add(line.line_id)


def refuse_excess(line: OrderLine, it: ShippedLine, field: str) -> None:
    if it.unit != line.unit:
        raise InvalidField("the unit is not that of the order line", field=f"{field}.quantity.unit")
    if it.milli > line.outstanding:
        raise QuantityExceeded(
            f"line {line.line_id} has less left to send", field=f"{field}.quantity", line_id=line.line_id
        )


def parts_of(order: Order, line: OrderLine, milli: int, location_id: str) -> dict[str, int]:
    """How much of a line left from where. Goods nobody promised left from where the rest of the order is."""
    if not line.stocked:
        return {}
    if location_id:
        return {location_id: milli}
    parts: dict[str, int] = {}
    for promising, promised in line.promised.items():
        if taken := min(promised, milli - sum(parts.values())):
            parts[promising] = taken
    if rest := milli - sum(parts.values()):
        fallback = next(iter([*parts, *(it.location_id for it in order.allocations)]), "")
        if not fallback:
            raise LocationMissing("no location has promised the goods", field="shipment.location_id")
        parts[fallback] = parts.get(fallback, 0) + rest
    return parts


def after_shipping(line: OrderLine, milli: int, parts: dict[str, int]) -> OrderLine:
    """What left fulfils promises of the place that sent, then those of others: as inventory does it."""
    promised = dict(line.promised)
    rest = 0
    for place, sent in parts.items():
        rest += sent - take(promised, place, sent)
    for place in sorted(promised):
        rest -= take(promised, place, rest)
    return replace(line, shipped=line.shipped + milli, promised=promised).with_short()


def take(promised: dict[str, int], place: str, milli: int) -> int:
    """Reduce the promise of one place; returns by how much."""
    taken = min(milli, promised.get(place, 0))
    left = promised.pop(place, 0) - taken
    if left > 0:
        promised[place] = left
    return taken


def issue_of(order: Order, shipment: Shipment, location_id: str, goods: list[Goods]) -> Issue:
    return Issue(
        request_id=request_id_of(order.order_id, "ship", shipment.shipment_id, location_id),
        order_id=order.order_id,
        location_id=location_id,
        is_sale=False,
        goods=tuple(goods),
        occurred_at=shipment.shipped_at,
    )

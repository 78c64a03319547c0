"""How the goods of an order leave: in which parcels, from where, and what becomes of those that are short."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, time
from enum import StrEnum

from services.sandbox.domain.dice import Dice
from services.sandbox.domain.orders import Order, OrderLine
from services.sandbox.domain.stock import StockPlan

LAST_PICKUP = time(22, 30)
"""Local time at which the day's last parcels leave; what is packed later leaves in the morning."""

Packed = tuple[str, Sequence[OrderLine]]
"""The location that sends, and what it sends."""


class Lack(StrEnum):
    """What a merchant does about an order of which something is not there."""

    PAID_BACK = "paid back"
    """The rest is sent, the missing goods are paid back."""
    SENT_LATER = "sent later"
    """The rest is sent, the missing goods follow another day."""
    ALL_WAITS = "all waits"
    """Nothing is sent before everything is there."""


def lack_of(dice: Dice, order: Order, stock: StockPlan) -> Lack | None:
    """None for an order of which everything is there."""
    if not any(is_short(line, stock) for line in order.lines):
        return None
    return dice.one_of(tuple(Lack), "lack", order.reference)


def is_short(line: OrderLine, stock: StockPlan) -> bool:
    return line.line.sku in stock.short_online


def packed(order: Order, stock: StockPlan, warehouse: str, *, in_two: bool) -> list[Packed]:
    """One parcel from each place that keeps some of the goods; ``in_two`` divides the warehouse's."""
    from_place: dict[str, list[OrderLine]] = defaultdict(list)
    for line in order.lines:
        if not is_short(line, stock):
            from_place[stock.kept_by_store.get(line.line.sku, warehouse)].append(line)
    own = from_place.pop(warehouse, [])
    middle = len(own) // 2 if in_two else 0
    parcels = [(warehouse, own[:middle]), (warehouse, own[middle:]), *from_place.items()]
    return [(place, lines) for place, lines in parcels if lines]


def leaves_today(order: Order, at: datetime) -> bool:
    return at <= datetime.combine(order.placed_at.date(), LAST_PICKUP, order.placed_at.tzinfo)

"""Where an order's lines come from: a pure function of the lines, the ranking and the stock."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from services.inventory.domain.commands import Line
from services.inventory.domain.levels import Level, Unit
from services.inventory.domain.places import Explanation, Ranking, Rejection, RejectionCause
from services.inventory.domain.reservations import Allocation, Shortage

Stock = Mapping[str, Mapping[str, Level]]
"""Levels by location id, then by SKU."""

NOTHING: Mapping[str, Level] = {}
PIECE_MILLI = 1000


class Sourced(NamedTuple):
    allocations: tuple[Allocation, ...]
    shortages: tuple[Shortage, ...]
    explanation: Explanation


def source(lines: Sequence[Line], ranking: Ranking, stock: Stock, excluded: frozenset[str]) -> Sourced:
    """One location that has everything, the best ranked; else the fewest parcels that cover the most lines.

    Changes nothing in ``stock``. What no candidate has left is a shortage.
    """
    needs: dict[str, int] = {}
    for line in lines:
        needs[line.sku] = needs.get(line.sku, 0) + line.quantity
    for rank, location_id in enumerate(ranking.candidates):
        if has_all(stock.get(location_id, NOTHING), needs) and location_id not in excluded:
            return from_one(lines, ranking, rank, stock, excluded)
    return split(lines, ranking, stock, excluded)


def has_all(there: Mapping[str, Level], needs: Mapping[str, int]) -> bool:
    for sku, quantity in needs.items():
        level = there.get(sku)
        # The property `available` costs as much as the rest of the loop.
        if level is None or level.on_hand - level.reserved - level.safety_stock < quantity:
            return False
    return True


def from_one(
    lines: Sequence[Line], ranking: Ranking, rank: int, stock: Stock, excluded: frozenset[str]
) -> Sourced:
    location_id = ranking.candidates[rank]
    allocations = tuple(
        [Allocation(line_id, sku, location_id, quantity, unit) for line_id, sku, quantity, unit in lines]
    )
    if rank == 0:
        return Sourced(allocations, (), ranking.first_wins)
    lost = [rejection(it, lines, stock, excluded) for it in ranking.candidates[:rank]]
    return Sourced(allocations, (), ranking.explain(lost, decided=rank + 1))


def split(lines: Sequence[Line], ranking: Ranking, stock: Stock, excluded: frozenset[str]) -> Sourced:
    """The location that completes the most lines, then the one that does so for what is left, and so on."""
    left = dict(enumerate(lines))
    usable = [(rank, it) for rank, it in enumerate(ranking.candidates) if it in stock and it not in excluded]
    # Judged again when its turn comes: what others supplied meanwhile makes a location worth less, not more.
    offers = [(worth(take(left, it, stock), left), rank, it) for rank, it in usable]
    heapify(offers)
    allocations: list[Allocation] = []
    used: set[str] = set()
    while left and offers and (len(used) < ranking.max_split or not ranking.max_split):
        _, rank, location_id = heappop(offers)
        parcel = take(left, location_id, stock)
        offer = (worth(parcel, left), rank, location_id)
        if offers and offer > offers[0]:
            heappush(offers, offer)
        elif parcel:
            allocations += parcel.values()
            used.add(location_id)
            left = without(left, parcel)
    short = [left[position] for position in sorted(left)]
    lost = split_rejections(lines, short, ranking, used, stock, excluded)
    explanation = ranking.explain(lost, decided=len(ranking.candidates))
    return Sourced(tuple(allocations), tuple(Shortage(*line) for line in short), explanation)


def take(left: Mapping[int, Line], location_id: str, stock: Stock) -> dict[int, Allocation]:
    """What the location could supply of the lines left, by position; lines of one SKU share what is there."""
    there = stock[location_id]
    available: dict[str, int] = {}
    parcel = {}
    for position, line in left.items():
        level = there.get(line.sku)
        if level is None:
            continue
        rest = available.get(line.sku, level.available)
        quantity = promisable(min(line.quantity, rest), line.unit)
        if quantity > 0:
            available[line.sku] = rest - quantity
            parcel[position] = Allocation(line.line_id, line.sku, location_id, quantity, line.unit)
    return parcel


def promisable(quantity: int, unit: Unit) -> int:
    """Nobody is sent half a piece."""
    return quantity - quantity % PIECE_MILLI if unit is Unit.PIECE else quantity


def worth(parcel: Mapping[int, Allocation], left: Mapping[int, Line]) -> tuple[int, int, int]:
    """Smaller is better: lines completed, then lines supplied at all, then how much of them."""
    completed = sum(allocation.quantity == left[position].quantity for position, allocation in parcel.items())
    return -completed, -len(parcel), -sum(allocation.quantity for allocation in parcel.values())


def without(left: Mapping[int, Line], parcel: Mapping[int, Allocation]) -> dict[int, Line]:
    rest = {}
    for position, line in left.items():
        quantity = line.quantity - (parcel[position].quantity if position in parcel else 0)
        if quantity:
            rest[position] = line._replace(quantity=quantity)
    return rest


def split_rejections(
    lines: Sequence[Line],
    short: Sequence[Line],
    ranking: Ranking,
    used: set[str],
    stock: Stock,
    excluded: frozenset[str],
) -> Iterator[Rejection]:
    """What is short and still stands at a location, stands there because of the split limit."""
    for location_id in ranking.candidates:
        there = stock.get(location_id, NOTHING)
        wanted = [line for line in short if line.sku in there and there[line.sku].available >= PIECE_MILLI]
        if location_id in used:
            continue
        if wanted and location_id not in excluded:
            yield Rejection(location_id, wanted[0].line_id, RejectionCause.SPLIT_LIMIT)
        else:
            yield rejection(location_id, lines, stock, excluded)


def rejection(location_id: str, lines: Sequence[Line], stock: Stock, excluded: frozenset[str]) -> Rejection:
    if location_id in excluded:
        return Rejection(location_id, "", RejectionCause.EXCLUDED)
    there = stock.get(location_id, NOTHING)
    missing = [line for line in lines if line.sku not in there or there[line.sku].available < line.quantity]
    if len(missing) == len(lines):
        return Rejection(location_id, "", RejectionCause.NO_STOCK)
    if missing:
        return Rejection(location_id, missing[0].line_id, RejectionCause.PARTIAL_STOCK)
    return Rejection(location_id, "", RejectionCause.OUTRANKED)

"""Opening stock, made scarce from the day's own demand.

Every place opens with what it will need on the day, plus nothing to three pieces, except for a seeded few
thousandths:

- At tills, a share of the (store, SKU) pairs opens with less than the store will sell: the ledger will know
  of fewer pieces than the customers carry out.
- Online, a share of the lines asks for a SKU that no warehouse holds and of which no store has more than its
  own customers will take: the line cannot be promised, or its promise is displaced by a till's sale.

A short online SKU is one that a single storefront line asks for, so which line goes short does not depend on
who comes first. Goods that come back during the day are not counted on.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.sandbox.domain.dice import Dice, per_mille_of
from services.sandbox.domain.dispersal import Place, Shelves, kept_by_stores
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.orders import Order
from services.sandbox.domain.places import Places
from services.sandbox.domain.trade import Basket, Dataset, Product


@dataclass(frozen=True, slots=True, kw_only=True)
class StockPlan:
    """``opening`` in thousandths of the product's unit, by location and SKU."""

    opening: Mapping[Place, int]
    short_online: frozenset[str]
    """SKUs that the storefront will sell and nobody holds."""
    kept_by_store: Mapping[str, str]
    """The store that alone keeps what the storefront will sell, by SKU."""
    short_lines_online: int
    short_lines_at_tills: int
    """Till lines that take more than their store's ledger knows of at that moment."""


def plan_stock(
    dice: Dice,
    options: PlanOptions,
    dataset: Dataset,
    places: Places,
    sales: Sequence[Basket],
    orders: Sequence[Order],
) -> StockPlan:
    """Opening stock for till ``sales`` and storefront ``orders``; services and unknown goods have none."""
    stocked = {sku: product for sku, product in dataset.products.items() if product.stocked}
    at_tills = till_demand(sales, stocked)
    short_online = short_skus(dice, options, orders, stocked)
    short_pairs = dice.pick(
        "short pair",
        [place for place in at_tills if place[1] not in short_online],
        lambda place: place,
        per_mille_of(len(at_tills), options.shortage_share),
    )
    opening = {place: need + surplus(dice, place, short_online, stocked) for place, need in at_tills.items()}
    opening |= {place: lacking(dice, place, at_tills[place]) for place in short_pairs}
    shippers = tuple(store.number for store in places.stores if store.ships)
    shelves = Shelves(stocked, short_online, at_tills)
    kept = kept_by_stores(dice, options.store_only_share, orders, shippers, shelves)
    lost = written_off(dataset, places, stocked)
    for (warehouse, sku), need in warehouse_demand(orders, places, stocked).items():
        place = kept.get(sku, warehouse), sku
        spare = surplus(dice, place, short_online, stocked) + lost.pop(place, 0)
        opening[place] = 0 if sku in short_online else need + spare
    return StockPlan(
        opening=opening | lost,
        short_online=short_online,
        kept_by_store=kept,
        short_lines_online=len(short_online),
        short_lines_at_tills=lines_meeting_shortage(sales, opening, stocked),
    )


def till_demand(sales: Iterable[Basket], stocked: Mapping[str, Product]) -> dict[Place, int]:
    demand: Counter[Place] = Counter()
    for basket in sales:
        for line in basket.lines:
            if line.sku in stocked:
                demand[basket.store, line.sku] += line.quantity_milli
    return dict(demand)


def warehouse_demand(
    orders: Iterable[Order], places: Places, stocked: Mapping[str, Product]
) -> dict[Place, int]:
    """What each warehouse must send to its own region; a return of a SKU known by another case counts too."""
    demand: defaultdict[Place, int] = defaultdict(int)
    for order in orders:
        warehouse = places.warehouse_of(order.region).location_id
        for line in order.lines:
            if line.line.sku in stocked:
                demand[warehouse, line.line.sku] += line.line.quantity_milli
    return dict(demand)


def written_off(dataset: Dataset, places: Places, stocked: Mapping[str, Product]) -> dict[Place, int]:
    """What will be found broken or missing was there in the morning."""
    lost: Counter[Place] = Counter()
    for correction in dataset.corrections:
        if correction.sku in stocked and correction.quantity_milli < 0:
            lost[places.warehouses[0].location_id, correction.sku] -= correction.quantity_milli
    return dict(lost)


def short_skus(
    dice: Dice, options: PlanOptions, orders: Iterable[Order], stocked: Mapping[str, Product]
) -> frozenset[str]:
    asked = Counter(line.line.sku for order in orders for line in order.lines)
    lines = sum(asked.values())
    once = [sku for sku, times in asked.items() if times == 1 and sku in stocked]
    return frozenset(
        dice.pick("short online", once, lambda sku: sku, per_mille_of(lines, options.shortage_share))
    )


def surplus(dice: Dice, place: Place, short_online: frozenset[str], stocked: Mapping[str, Product]) -> int:
    if place[1] in short_online:
        return 0
    return 1000 * dice.number("surplus", *place, below=4)


def lacking(dice: Dice, place: Place, need: int) -> int:
    """Less than needed, in whole pieces: nothing where one piece is needed."""
    pieces = -(-need // 1000)
    return 1000 * dice.number("lacking", *place, below=pieces)


def lines_meeting_shortage(
    sales: Iterable[Basket], opening: Mapping[Place, int], stocked: Mapping[str, Product]
) -> int:
    """Plays the till sales against the opening stock, oldest first, each taking what is left."""
    left = dict(opening)
    met = 0
    for basket in sorted(sales, key=lambda basket: basket.at):
        for line in basket.lines:
            if line.sku in stocked:
                known = left[basket.store, line.sku]
                met += known < line.quantity_milli
                left[basket.store, line.sku] = max(0, known - line.quantity_milli)
    return met

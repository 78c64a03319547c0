"""Articles of the storefront that one store alone keeps, so that their orders come from two places.

Such an article is asked for by a single storefront line and sold at no till, so no second customer can take
it. Its order has another article that no warehouse lacks and the store does not have: neither the store nor
the warehouse can supply the order alone.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from services.sandbox.domain.dice import Dice, per_mille_of
from services.sandbox.domain.orders import Order

Place = tuple[str, str]
"""Location id and SKU."""


@dataclass(frozen=True, slots=True)
class Shelves:
    """What is known before stock is laid out: ``stocked`` and ``short`` SKUs, and what tills will sell."""

    stocked: Collection[str]
    short: Collection[str]
    at_tills: Collection[Place]

    def is_sent(self, sku: str) -> bool:
        return sku in self.stocked and sku not in self.short


def kept_by_stores(
    dice: Dice, share: int, orders: Iterable[Order], shippers: tuple[str, ...], shelves: Shelves
) -> dict[str, str]:
    """The store that keeps it, by SKU: for ``share`` thousandths of the lines, at most one of an order.

    Stores that ship are named in ``shippers``. Fewer where the orders do not allow so many.
    """
    listed = list(orders)
    asked = Counter(line.line.sku for order in listed for line in order.lines)
    sold = {sku for _, sku in shelves.at_tills}
    found: dict[str, str] = {}
    for order in listed:
        alone = {
            sku for sku in skus_of(order) if asked[sku] == 1 and sku not in sold and shelves.is_sent(sku)
        }
        found |= one_kept(dice, order, alone, shippers, shelves)
    chosen = dice.pick("kept by a store", sorted(found), lambda sku: sku, per_mille_of(asked.total(), share))
    return {sku: found[sku] for sku in chosen}


def one_kept(
    dice: Dice, order: Order, alone: Collection[str], shippers: tuple[str, ...], shelves: Shelves
) -> Mapping[str, str]:
    """One of the order's articles with a store that lacks another of them; empty where there is none."""
    sent = {sku for sku in skus_of(order) if shelves.is_sent(sku)}
    if not alone or len(sent) < 2:
        return {}
    kept = dice.one_of(tuple(sorted(alone)), "kept", order.reference)
    unable = tuple(
        store for store in shippers if any((store, sku) not in shelves.at_tills for sku in sent - {kept})
    )
    return {kept: dice.one_of(unable, "keeper", kept)} if unable else {}


def skus_of(order: Order) -> list[str]:
    return [line.line.sku for line in order.lines]

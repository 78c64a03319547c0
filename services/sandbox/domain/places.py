"""The seller's places: stores with their tills, and one warehouse for each group of stores.

The data sets say nothing of geography. Stores with neighbouring numbers form a group, and each group takes
the next subdivision of the country as its region, so that an address's state leads to its warehouse.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.sandbox.domain.trade import Basket, Dataset

STATES = "OH KY IN MI IL TN GA VA WV NC SC TX CO AZ WA OR CA UT NV KS MO AR LA MS AL FL PA NY NJ MD"
BASKETS_OF_A_TILL = 8
MOST_TILLS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A store; ``number`` is its canonical location id and what its tills write as their unit."""

    number: str
    region: str
    tills: tuple[str, ...]
    """Workstation ids, unique in the chain."""
    ships: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Warehouse:
    location_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Places:
    """All places by the order of their numbers."""

    stores: tuple[Store, ...]
    warehouses: tuple[Warehouse, ...]

    def warehouse_of(self, region: str) -> Warehouse:
        """The region's warehouse, or the first one for a region without."""
        return next((w for w in self.warehouses if w.region == region), self.warehouses[0])

    def region_of(self, store: str) -> str:
        """The store's region, or the first warehouse's for a seller without stores."""
        return next((s.region for s in self.stores if s.number == store), self.warehouses[0].region)


def places_of(dataset: Dataset, stores_per_warehouse: int) -> Places:
    """Stores that traded on the day, with as many tills as their baskets need, and their warehouses."""
    if dataset.online_only:
        return Places((), (Warehouse(location_id=f"{dataset.country}01", region=dataset.country),))
    trade = Counter(basket.store for basket in (*dataset.baskets, *dataset.no_sales))
    numbers = sorted(trade, key=lambda number: (len(number), number))
    shippers = {number for number, _ in trade.most_common(max(1, len(numbers) // 5))}
    groups = [
        numbers[start : start + stores_per_warehouse]
        for start in range(0, len(numbers), stores_per_warehouse)
    ]
    stores = [
        Store(
            number=number,
            region=region_name(dataset.country, group),
            tills=tuple(tills_of(number, trade[number])),
            ships=number in shippers,
        )
        for group, members in enumerate(groups)
        for number in members
    ]
    return Places(tuple(stores), tuple(warehouses_of(dataset.country, len(groups))))


def region_name(country: str, group: int) -> str:
    """Country and state, as ISO 3166-2 writes them; groups beyond the list share the states again."""
    states = STATES.split()
    return f"{country}-{states[group % len(states)]}"


def warehouses_of(country: str, groups: int) -> Iterable[Warehouse]:
    for group in range(groups):
        yield Warehouse(location_id=f"W{group + 1:02d}", region=region_name(country, group))


def tills_of(store: str, baskets: int) -> list[str]:
    count = min(MOST_TILLS, 1 + baskets // BASKETS_OF_A_TILL)
    return [f"{store}{till:02d}" for till in range(1, count + 1)]


def of_stores(baskets: Sequence[Basket], chosen: int | Sequence[str] | None) -> tuple[Basket, ...]:
    """The baskets of the ``chosen`` busiest stores, of the stores named, or of all."""
    if chosen is None:
        return tuple(baskets)
    names = busiest(baskets, chosen) if isinstance(chosen, int) else chosen
    return tuple(basket for basket in baskets if basket.store in names)


def busiest(baskets: Sequence[Basket], count: int) -> list[str]:
    trade = Counter(basket.store for basket in baskets)
    return sorted(trade, key=lambda number: (-trade[number], number))[:count]

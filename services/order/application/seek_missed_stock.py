"""Look for stock that no event has told of, for orders that still wait."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from services.order.application.ports import Stock, Store
from services.order.application.refill_orders import refill_orders


@dataclass
class MissedStock:
    """Goes round all products that orders wait for, ``skus`` at a time."""

    store: Store
    stock: Stock
    skus: int
    orders: int
    new_id: Callable[[], UUID]
    last: str = ""

    async def seek(self) -> bool:
        """Tells whether the round goes on. Raises `Unavailable` while inventory is away."""
        self.last = await seek_missed_stock(
            self.store, self.stock, self.last, name=str(self.new_id()), skus=self.skus, orders=self.orders
        )
        return bool(self.last)


async def seek_missed_stock(
    store: Store, stock: Stock, after: str, *, name: str, skus: int, orders: int
) -> str:
    """Have orders sourced that wait for products behind ``after`` and could have them now.

    Gives the last product looked at, empty at the end of the list; ``name`` is that of the occasion.
    """
    waiting = await store.find_short_skus(after, skus)
    if waiting and (there := await stock.available(waiting)):
        await store.in_transaction(lambda transaction: refill_orders(transaction, there, name, orders))
    return waiting[-1] if len(waiting) == skus else ""

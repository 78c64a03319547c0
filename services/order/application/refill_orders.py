"""Source orders again that wait for stock which has come in."""

from collections.abc import Collection

from services.order.application.ports import Transaction
from services.order.domain.sourcing import seek

CAUSE = "stock came in"


async def refill_orders(transaction: Transaction, skus: Collection[str], name: str, limit: int) -> int:
    """Have the oldest waiting orders sourced after the commit, at most ``limit``; gives how many.

    ``name`` is that of the occasion, so that its repeat is no second attempt.
    """
    found = await transaction.find_short_orders(skus, limit)
    orders = await transaction.lock_orders(found) if found else {}
    for order in orders.values():
        await transaction.instruct(seek(order, CAUSE, "refill", name))
    return len(orders)

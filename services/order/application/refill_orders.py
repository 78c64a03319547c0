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
    # Inventory serves those that come first.
    in_turn = [orders[order_id] for order_id in found]
    await transaction.instruct([source for order in in_turn for source in seek(order, CAUSE, "refill", name)])
    return len(in_turn)

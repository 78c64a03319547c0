"""Sourcing an order within the call that made it ready for that."""

from services.order.application.carry_out_instructions import settle_at_once
from services.order.application.ports import Call, Stock, Store, Transaction


async def source_at_once(store: Store, stock: Stock, call: Call, order_id: str) -> bytes | None:
    """The order as it is once inventory has answered, for this call and its repeats."""
    await settle_at_once(store, stock, [order_id])

    async def work(transaction: Transaction) -> bytes | None:
        order = (await transaction.lock_orders([order_id])).get(order_id)
        return await transaction.amend_answer(call, order) if order else None

    return await store.in_transaction(work)

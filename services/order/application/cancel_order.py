"""Call an order off."""

from datetime import datetime

from services.order.application._find import lock_order
from services.order.application.carry_out_instructions import settle_at_once
from services.order.application.ports import Call, Stock, Store, Transaction
from services.order.domain.cancelling import cancel
from services.order.domain.events import OrderCancelled


async def cancel_order(
    store: Store, stock: Stock, call: Call, order_id: str, reason: str, cancelled_at: datetime
) -> bytes:
    """The order after it, serialised. Cancelling twice changes nothing.

    The stock is given back after the commit: promised to nobody for a moment longer, and never promised
    twice. Raises `OrderUnknown`, `StateForbids`.
    """

    async def work(transaction: Transaction) -> bytes:
        if (answer := await transaction.recall(call)) is not None:
            return answer
        order = await lock_order(transaction, order_id)
        ended = cancel(order)
        if ended is None:
            return await transaction.answer(call, order)
        cancelled, instructions = ended
        await transaction.save_orders([cancelled])
        await transaction.instruct(instructions)
        await transaction.record([OrderCancelled(cancelled, reason, cancelled_at)])
        return await transaction.answer(call, cancelled)

    answer = await store.in_transaction(work)
    await settle_at_once(store, stock, [order_id])
    return answer

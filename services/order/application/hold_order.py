"""Put an order on hold by a person's decision."""

from services.order.application._find import lock_order
from services.order.application.ports import Call, Store, Transaction
from services.order.domain.events import OrderHeld
from services.order.domain.holding import hold


async def hold_order(store: Store, call: Call, order_id: str, reason: str) -> bytes:
    """The order after it, serialised; it keeps its promises of stock. Holding twice changes nothing.

    Raises `OrderUnknown`, `StateForbids`.
    """

    async def work(transaction: Transaction) -> bytes:
        if (answer := await transaction.recall(call)) is not None:
            return answer
        order = await lock_order(transaction, order_id)
        held = hold(order)
        if held is None:
            return await transaction.answer(call, order)
        await transaction.save_orders([held])
        await transaction.record([OrderHeld(held, reason)])
        return await transaction.answer(call, held)

    return await store.in_transaction(work)

"""Take over a channel's later state of an order."""

from dataclasses import replace

from services.order.application._find import lock_order
from services.order.application._source_at_once import source_at_once
from services.order.application.ports import Call, Documents, Stock, Store, Transaction
from services.order.domain.events import OrderEvent, OrderReleased, OrderUpdated
from services.order.domain.kinds import OrderState
from services.order.domain.order import Order
from services.order.domain.sourcing import seek, with_everything_short
from services.order.domain.states import Command
from services.order.domain.stock import Instruction
from services.order.domain.updating import Update, take_over


async def update_order(
    store: Store,
    stock: Stock,
    documents: Documents,
    call: Call,
    order_id: str,
    update: Update,
) -> bytes:
    """The order after it, serialised; an order whose last hold reason was its payment is sourced.

    Raises `OrderUnknown`, `StaleUpdate`, `StateForbids`.
    """

    async def work(transaction: Transaction) -> tuple[bytes, bool]:
        if (answer := await transaction.recall(call)) is not None:
            return answer, False
        order = await lock_order(transaction, order_id)
        taken = take_over(order, update)
        document = documents.updated(order.document, update.channel_version, taken.paid, update.shipping)
        if document == order.document:
            return await transaction.answer(call, order), False
        updated, events, instructions = released_by(order, replace(taken, document=document), call)
        await transaction.save_orders([updated])
        await transaction.instruct(instructions)
        await transaction.record([OrderUpdated(updated), *events])
        return await transaction.answer(call, updated), bool(instructions)

    answer, seeking = await store.in_transaction(work)
    return await source_at_once(store, stock, call, order_id) or answer if seeking else answer


def released_by(order: Order, taken: Order, call: Call) -> tuple[Order, list[OrderEvent], list[Instruction]]:
    if order.state != OrderState.HELD or taken.hold_reasons:
        return taken.after(Command.UPDATE), [], []
    updated = with_everything_short(taken).after(Command.UPDATE)
    instructions = seek(updated, "the order was paid", call.rpc, call.request_id)
    return updated, [OrderReleased(updated)], [*instructions]

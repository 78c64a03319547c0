"""Record goods or money given back."""

from collections.abc import Mapping

from libs.database import Conflict
from services.order.application._find import lock_order, refuse_other_content, refuse_unknown_location
from services.order.application.carry_out_instructions import settle_at_once
from services.order.application.ports import Call, Catalogue, Stock, Store, Transaction
from services.order.domain.events import ReturnRecorded
from services.order.domain.order import Order
from services.order.domain.returns import Return, take_back, take_back_without_order
from services.order.domain.stock import Article, Instruction


async def record_return(
    store: Store, catalogue: Catalogue, stock: Stock, call: Call, order_id: str, returned: Return
) -> bytes:
    """The order after it, serialised; empty for a return without its order, whose ``order_id`` is empty.

    A return that is recorded already changes nothing. That goods came back is a fact, so it is recorded first
    and inventory is told afterwards. Raises the refusals of `take_back` and `take_back_without_order`,
    `OrderUnknown`, `LocationUnknown`, `DocumentDiffers`.
    """
    await refuse_unknown_location(catalogue, returned.location_id, "return.location_id")
    articles = {} if order_id else await catalogue.articles({line.sku for line in returned.lines})

    async def work(transaction: Transaction) -> tuple[bytes, list[Instruction]]:
        if (answer := await transaction.recall(call)) is not None:
            return answer, []
        order = await lock_order(transaction, order_id) if order_id else None
        recorded = await transaction.find_return(returned.channel, returned.return_id)
        if recorded is not None:
            refuse_other_content(of_order(*recorded), of_order(order_id, returned.digest), returned.return_id)
            return await transaction.answer(call, order), []
        after, instructions = taken_back(order, returned, articles)
        if not await transaction.add_return(order_id, returned):
            raise Conflict(f"another call records the return {returned.return_id}")
        if after:
            await transaction.save_orders([after])
        await transaction.instruct(instructions)
        await transaction.record([ReturnRecorded(returned.channel, returned, after)])
        return await transaction.answer(call, after), instructions

    answer, instructions = await store.in_transaction(work)
    await settle_at_once(store, stock, sorted({it.order_id or it.request_id for it in instructions}))
    return answer


def taken_back(
    order: Order | None, returned: Return, articles: Mapping[str, Article]
) -> tuple[Order | None, list[Instruction]]:
    if order is None:
        return None, take_back_without_order(returned, articles)
    return take_back(order, returned)


def of_order(order_id: str, digest: bytes) -> bytes:
    """What makes two returns the same: their content and the order they belong to."""
    return order_id.encode() + digest

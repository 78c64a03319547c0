"""End a hold: check the order again, and source it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from libs.database import Conflict, retry_conflicts
from services.order.application._find import lock_order, order_unknown
from services.order.application._source_at_once import source_at_once
from services.order.application.ports import Call, Catalogue, Documents, Stock, Store, Transaction
from services.order.domain.events import OrderEvent, OrderHeld, OrderReleased
from services.order.domain.holding import check_again, hand_over
from services.order.domain.kinds import OrderKind, OrderState
from services.order.domain.new_order import NewOrder
from services.order.domain.order import Order
from services.order.domain.sourcing import seek, with_everything_short
from services.order.domain.states import Command
from services.order.domain.stock import Article, Instruction


@dataclass(frozen=True, slots=True)
class Reading:
    """An order and what master data says of it, read before the transaction."""

    version: int
    corrected: NewOrder
    articles: Mapping[str, Article]
    locations: Collection[str]


async def release_hold(
    store: Store,
    catalogue: Catalogue,
    stock: Stock,
    documents: Documents,
    call: Call,
    order_id: str,
    corrections: Mapping[str, str],
) -> bytes:
    """The order after it, serialised; ``corrections`` are products by line id.

    A person overrules what is a matter of judgement; what master data still does not know keeps the order on
    hold. Raises `OrderUnknown`, `LineUnknown`, `StateForbids`.
    """

    async def attempt() -> tuple[bytes, bool]:
        reading = await read(store, catalogue, documents, order_id, corrections)

        async def work(transaction: Transaction) -> tuple[bytes, bool]:
            if (answer := await transaction.recall(call)) is not None:
                return answer, False
            order = await lock_order(transaction, order_id)
            if order.version != reading.version:
                raise Conflict("the order changed while master data was asked")
            released, events, instructions = release(order, reading, call)
            await transaction.save_orders([released])
            await transaction.instruct(instructions)
            await transaction.record(events)
            return await transaction.answer(call, released), bool(instructions)

        return await store.in_transaction(work)

    answer, moving = await retry_conflicts(attempt)
    return await source_at_once(store, stock, call, order_id) or answer if moving else answer


async def read(
    store: Store, catalogue: Catalogue, documents: Documents, order_id: str, corrections: Mapping[str, str]
) -> Reading:
    order = await store.find_order(order_id)
    if order is None:
        raise order_unknown(order_id)
    for line_id in corrections:
        order.line(line_id)
    corrected = documents.read(documents.corrected(order.document, corrections))
    articles = await catalogue.articles({line.sku for line in corrected.lines})
    locations = await catalogue.locations([order.location_id])
    return Reading(order.version, corrected, articles, locations)


def release(order: Order, reading: Reading, call: Call) -> tuple[Order, list[OrderEvent], list[Instruction]]:
    checked = check_again(order, reading.corrected, reading.articles, reading.locations)
    if order.kind == OrderKind.TILL_SALE:
        sold, issues = hand_over(checked, order.placed_at)
        released = sold.after(Command.RELEASE)
        return released, told(released), issues
    if checked.hold_reasons:
        held = checked.after(Command.RELEASE)
        return held, told(held), []
    released = with_everything_short(checked).after(Command.RELEASE)
    return released, told(released), [*seek(released, "the hold ended", call.rpc, call.request_id)]


def told(order: Order) -> list[OrderEvent]:
    if order.state == OrderState.HELD:
        return [OrderHeld(order, "still held after a release")]
    return [OrderReleased(order)]

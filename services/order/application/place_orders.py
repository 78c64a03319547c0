"""Place many orders together, and answer each for itself."""

from collections.abc import Mapping, Sequence

from libs.database import is_unavailable
from libs.refusals import Refusal, Unavailable
from libs.telemetry import batch_span, get_logger
from services.order.application._move_stock import Moved, move_stock
from services.order.application.carry_out_instructions import settle_at_once
from services.order.application.ports import Catalogue, Clock, Stock, Store, Transaction
from services.order.domain.events import OrderReallocated
from services.order.domain.kinds import OrderKind
from services.order.domain.new_order import refuse_malformed
from services.order.domain.placing import (
    Placed,
    Placement,
    PlaceOrder,
    Verdict,
    judge,
    placed,
    placement_of,
    repeated,
)
from services.order.domain.refusals import ChannelOrderDiffers
from services.order.domain.sourcing import source_anew
from services.order.domain.stock import Promise

log = get_logger(__name__)

Answers = dict[int, Placement | Refusal]
"""By the position of the command in its batch."""

RETRY_SECONDS = 0.2
OUTAGE_SECONDS = 1.0
PLACED_TWICE = "the order was placed twice with different content"


async def place_orders(
    store: Store, catalogue: Catalogue, stock: Stock, commands: Sequence[PlaceOrder], *, clock: Clock
) -> list[Placement | Refusal]:
    """Answer each command with what became of its order, or with the refusal of that order alone.

    Stock is reserved before the orders are recorded, under request ids made of the order ids: when this
    process dies in between, the caller's repeat gets the same promises, and without a repeat they lapse.
    """
    traces, size = [it.traceparent for it in commands], {"retail.batch.orders": len(commands)}
    with batch_span("place orders", traces, size):
        try:
            return await place_all(store, catalogue, stock, commands, clock=clock)
        except Exception as error:
            # Nobody's turn would go better alone, and trying each would make all wait for every time-out.
            return [outage_of(error)] * len(commands)


def outage_of(error: Exception) -> Unavailable:
    """The outage that ended a batch. Any other error is raised again: it may be the fault of one order."""
    if isinstance(error, Unavailable):
        return error
    if is_unavailable(error):
        log.warning("placing_interrupted", error_type=type(error).__name__)
        return Unavailable("the database gives no answer", retry_after_seconds=OUTAGE_SECONDS)
    raise error


async def place_all(
    store: Store, catalogue: Catalogue, stock: Stock, commands: Sequence[PlaceOrder], *, clock: Clock
) -> list[Placement | Refusal]:
    answers = refuse_all_malformed(commands)
    await answer_recorded(store, commands, answers)
    fresh = first_of_each(commands, answers)
    if fresh:
        verdicts = await judge_all(catalogue, fresh)
        moved = await move_stock(stock, fresh, verdicts)
        answers |= await record(store, fresh, verdicts, moved, clock)
        await answer_recorded(store, commands, answers)
        await mend(store, stock, outdone(fresh, moved, answers))
    return [answers.get(position) or elsewhere() for position in range(len(commands))]


def refuse_all_malformed(commands: Sequence[PlaceOrder]) -> Answers:
    answers: Answers = {}
    for position, command in enumerate(commands):
        try:
            refuse_malformed(command.order)
        except Refusal as refusal:
            answers[position] = refusal
    return answers


async def answer_recorded(store: Store, commands: Sequence[PlaceOrder], answers: Answers) -> None:
    """Answer what is recorded already: by an earlier call, or by one that was faster."""
    unanswered = [position for position in range(len(commands)) if position not in answers]
    if not unanswered:
        return
    known = await store.find_placings([commands[position] for position in unanswered])
    if not known.by_order and not known.by_request:
        return
    for position in unanswered:
        command = commands[position]
        order = known.by_order.get(command.order.order_id)
        try:
            placement = repeated(command, order, known.by_request.get(command.request_id))
        except Refusal as refusal:
            answers[position] = refusal
        else:
            if placement:
                answers[position] = placement


def first_of_each(commands: Sequence[PlaceOrder], answers: Answers) -> dict[int, PlaceOrder]:
    """The commands to carry out: of two for one order, or with one request id, the first."""
    fresh: dict[int, PlaceOrder] = {}
    seen: set[str] = set()
    for position, command in enumerate(commands):
        order_id, request = command.order.order_id, f"request {command.request_id}"
        if position not in answers and order_id not in seen and request not in seen:
            fresh[position] = command
            seen.add(order_id)
            seen.add(request)
    return fresh


async def judge_all(catalogue: Catalogue, fresh: Mapping[int, PlaceOrder]) -> dict[int, Verdict]:
    orders = {position: command.order for position, command in fresh.items()}
    articles = await catalogue.articles({line.sku for order in orders.values() for line in order.lines})
    places = {order.location_id for order in orders.values() if order.kind == OrderKind.TILL_SALE}
    locations = await catalogue.locations(places) if places else ()
    return {position: judge(order, articles, locations) for position, order in orders.items()}


async def record(
    store: Store,
    fresh: Mapping[int, PlaceOrder],
    verdicts: Mapping[int, Verdict],
    moved: Mapping[int, Moved],
    clock: Clock,
) -> Answers:
    """Record what can be recorded; an order that another call has recorded meanwhile is left unanswered."""
    answers: Answers = {}
    ready: dict[int, Placed] = {}
    now = clock()
    for position, command in fresh.items():
        promise = moved[position]
        if isinstance(promise, Refusal):
            answers[position] = promise
        else:
            ready[position] = placed(command, verdicts[position], promise, now)
    # One order of rows for all transactions, so that two batches with common orders cannot deadlock.
    in_order = sorted(ready.values(), key=lambda it: it.command.order.order_id)
    recorded = await store.in_transaction(lambda transaction: add(transaction, in_order)) if in_order else ()
    for position, it in ready.items():
        if it.command.order.order_id in recorded:
            answers[position] = placement_of(it)
    return answers


async def add(transaction: Transaction, placings: Sequence[Placed]) -> set[str]:
    recorded = await transaction.add_orders(placings)
    await transaction.announce_orders([it for it in placings if it.command.order.order_id in recorded])
    return recorded


def outdone(
    fresh: Mapping[int, PlaceOrder], moved: Mapping[int, Moved], answers: Answers
) -> dict[str, PlaceOrder]:
    """By order id, those that had goods promised when the order was recorded with other content."""
    return {
        command.order.order_id: command
        for position, command in fresh.items()
        if isinstance(answers.get(position), ChannelOrderDiffers)
        and isinstance(promise := moved[position], Promise)
        and promise.allocations
    }


async def mend(store: Store, stock: Stock, outdone: Mapping[str, PlaceOrder]) -> None:
    """What was promised for other content stands in inventory in place of what the recorded order has."""
    if not outdone:
        return

    async def work(transaction: Transaction) -> None:
        for order_id, order in (await transaction.lock_orders(outdone)).items():
            if anew := source_anew(order, PLACED_TWICE, outdone[order_id].request_id):
                await transaction.save_orders([anew[0]])
                await transaction.instruct(anew[1])
                await transaction.record([OrderReallocated(anew[0], PLACED_TWICE)])

    await store.in_transaction(work)
    await settle_at_once(store, stock, list(outdone))


def elsewhere() -> Unavailable:
    return Unavailable("another call is placing the same order", retry_after_seconds=RETRY_SECONDS)

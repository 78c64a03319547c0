"""Tell and ask inventory what orders have recorded for it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any, NamedTuple

from libs.refusals import Refusal
from libs.telemetry import get_logger, is_sampled, span
from services.order.application.ports import Pending, Stock, Store, Transaction
from services.order.domain.events import OrderHeld, OrderReallocated
from services.order.domain.order import Order
from services.order.domain.sourcing import gain, held_by_inventory
from services.order.domain.stock import Instruction, Issue, Promise, Receipt, Release, Source

log = get_logger(__name__)

Answer = Promise | Refusal | None
Telling = Callable[[Sequence[Any]], Awaitable[Sequence[Answer]]]

LONGEST_CHAIN = 20
"""Instructions of one order carried out in one go; what is left waits for the next sweep."""


async def settle_at_once(store: Store, stock: Stock, subjects: Sequence[str]) -> None:
    """Carry out what has just been recorded; what fails is left to the sweep, for the fact itself stands."""
    try:
        for _ in range(LONGEST_CHAIN):
            pending = await store.find_instructions(subjects)
            if not pending or not await carry_out(store, stock, pending):
                return
    except Exception as error:
        log.error("instructions_left", error, subjects=len(subjects))


async def carry_out_instructions(store: Store, stock: Stock, *, limit: int) -> bool:
    """Carry out the due instructions that nobody else has; tells whether more may be due.

    Raises `Unavailable` while inventory is away.
    """
    pending = await store.find_due_instructions(limit)
    return bool(pending) and await carry_out(store, stock, pending) > 0


async def carry_out(store: Store, stock: Stock, pending: Sequence[Pending]) -> int:
    """One call to inventory for each kind; gives how many were carried out.

    Repeating an instruction repeats no effect, so several processes may do so at the same time.
    """

    async def source(sources: Sequence[Source]) -> Sequence[Answer]:
        return await stock.reserve([it.reservation for it in sources])

    tell: Mapping[type, Telling] = {
        Issue: stock.issue,
        Receipt: stock.receive,
        Release: stock.release,
        Source: source,
    }
    done = 0
    for kind, telling in tell.items():
        if those := [it for it in pending if isinstance(it.instruction, kind)]:
            done += await carry_out_kind(store, telling, those)
    return done


async def carry_out_kind(store: Store, telling: Telling, pending: Sequence[Pending]) -> int:
    with carrying_out(pending):
        answers = await telling([in_its_trace(it) for it in pending])
    answered: list[tuple[Pending, Answer]] = []
    failed: dict[int, str] = {}
    for it, answer in zip(pending, answers, strict=True):
        if isinstance(answer, Refusal) and not is_final(it, answer):
            failed[it.position] = repr(answer)
        else:
            answered.append((it, answer))
    if failed:
        log.warning("instructions_refused", instructions=len(failed), first=next(iter(failed.values())))
        await store.postpone(failed)
    if answered:
        await store.in_transaction(lambda transaction: apply(transaction, answered))
    return len(answered)


def in_its_trace(it: Pending) -> Instruction:
    if isinstance(it.instruction, Source):
        reservation = it.instruction.reservation._replace(traceparent=it.traceparent)
        return replace(it.instruction, reservation=reservation)
    return replace(it.instruction, traceparent=it.traceparent)


def carrying_out(pending: Sequence[Pending]) -> AbstractContextManager[object]:
    """An instruction by itself goes on in its own trace; several are linked to theirs."""
    traces = [it.traceparent for it in pending if is_sampled(it.traceparent)]
    name = "carry out instructions"
    if len(pending) == 1 and traces:
        return span(name, traceparent=traces[0])
    return span(name, links=traces) if traces else nullcontext()


def is_final(it: Pending, refusal: Refusal) -> bool:
    """A refused wish ends in a hold; a refused fact stays a fact, and is told again."""
    return is_wish(it) and refusal.retry_after_seconds is None


async def apply(transaction: Transaction, answered: Sequence[tuple[Pending, Answer]]) -> None:
    mine = await transaction.forget_instructions([it.position for it, _ in answered])
    sourced = [(it, answer) for it, answer in answered if it.position in mine and is_wish(it)]
    if not sourced:
        return
    orders = await transaction.lock_orders({it.instruction.order_id for it, _ in sourced})
    changes = [
        (it, outcome(orders[it.instruction.order_id], it.instruction, answer)) for it, answer in sourced
    ]
    releases = [(it, release) for it, change in changes for release in change.releases]
    await transaction.instruct([it for _, it in releases], [it.traceparent for it, _ in releases])
    events = [(it, change.event) for it, change in changes if change.event]
    if events:
        await transaction.save_orders([event.order for _, event in events])
        await transaction.record([event for _, event in events], [it.traceparent for it, _ in events])


def is_wish(it: Pending) -> bool:
    return isinstance(it.instruction, Source)


class Change(NamedTuple):
    """What an answer makes of an order; the event carries the order, and is None when nothing changed."""

    event: OrderReallocated | OrderHeld | None
    releases: list[Release]


def outcome(order: Order, source: Instruction, answer: Answer) -> Change:
    assert isinstance(source, Source)
    if isinstance(answer, Promise):
        gained, releases = gain(order, source, answer)
        return Change(OrderReallocated(gained, source.cause) if gained else None, releases)
    held = held_by_inventory(order)
    return Change(OrderHeld(held, "inventory does not move these goods") if held else None, [])

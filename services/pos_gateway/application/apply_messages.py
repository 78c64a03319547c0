"""Take over what tills wrote down, many files and transactions at a time."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from libs.intake import Message, Outcome, Unreadable, outcome_of_refusal
from libs.refusals import Refusal
from libs.telemetry import SpanKind, span
from services.pos_gateway.application._task import Task, stock_problems, task_of
from services.pos_gateway.application.ports import (
    ChangeStock,
    RecordReturn,
    RecordSale,
    Skus,
    Surroundings,
    TakenOver,
)
from services.pos_gateway.domain.receipts import Control, Kind, Receipt, StockDocument, at_zone
from services.pos_gateway.domain.settle_receipt import GoodsBack

FILE = "poslog"
TRANSACTION = "poslog/transaction"
ORIGINAL_NOT_SEEN = "original_not_seen"
ORDER_UNKNOWN = "ERROR_REASON_ORDER_UNKNOWN"


async def apply_messages(
    around: Surroundings, messages: Sequence[Message], now: datetime
) -> Sequence[Outcome]:
    """Each message's outcome, in order. Idempotent: a repeat of a command is a repeat wherever it goes.

    A file is only taken apart; each of its transactions is a message of its own from then on.
    """
    read = [
        split(around, message) if message.topic == FILE else task_of(around.read, message, now)
        for message in messages
    ]
    tasks = [task for task in read if isinstance(task, Task)]
    skus = await around.master_data.resolve({names for task in tasks for names in task.articles()})
    zones = await around.master_data.zones({task.key.store for task in tasks})
    for task in tasks:
        task.at = at_zone(task.transaction.at, zones[task.key.store])
    await record_sales(around, [task for task in tasks if task.sale], skus)
    slots = asyncio.Semaphore(around.at_once)
    await asyncio.gather(*(finish(around, task, skus, slots) for task in tasks if task.outcome is None))
    await around.journal.save([taken_over(task) for task in tasks if task.is_taken_over])
    return [task.outcome_given() if isinstance(task, Task) else task for task in read]


def split(around: Surroundings, message: Message) -> Outcome:
    try:
        return Outcome.apply(contains=around.split(message))
    except Unreadable as error:
        return Outcome.quarantine("invalid", error.problems)


async def record_sales(around: Surroundings, tasks: Sequence[Task], skus: Skus) -> None:
    """All sales of the batch, a call for many."""
    commands = [
        RecordSale(task.origin, task.transaction, task.sale, task.at)
        for task in tasks
        if isinstance(task.transaction, Receipt) and task.sale
    ]
    answers = await around.orders.record_sales(commands, skus) if commands else []
    for task, answer in zip(tasks, answers, strict=True):
        if isinstance(answer, Refusal):
            task.outcome = refused(task, answer)
        else:
            task.order_id = answer


async def finish(around: Surroundings, task: Task, skus: Skus, slots: asyncio.Semaphore) -> None:
    message = task.message
    async with slots:
        with span(f"apply {message.topic}", SpanKind.CONSUMER, traceparent=message.traceparent):
            try:
                task.outcome = await carried_out(around, task, skus)
            except Refusal as refusal:
                task.outcome = refused(task, refusal)


async def carried_out(around: Surroundings, task: Task, skus: Skus) -> Outcome:
    match task.transaction:
        case Control(reason=reason):
            return Outcome.ignore(reason.lower().replace(" ", "_"), documents=[task.key.text])
        case StockDocument() as document:
            if problems := stock_problems(document, skus):
                return Outcome.quarantine("product_unknown", problems)
            await around.inventory.change_stock(ChangeStock(task.origin, document, task.at), skus)
        case Receipt() as receipt:
            for back in task.returns:
                order_id = await take_back(around, task, receipt, back, skus)
                if order_id is None:
                    return Outcome.wait(ORIGINAL_NOT_SEEN, back.original.text if back.original else "")
                task.order_id = task.order_id or order_id
    return Outcome.apply(task.order_id, documents=[task.key.text])


async def take_back(
    around: Surroundings, task: Task, receipt: Receipt, back: GoodsBack, skus: Skus
) -> str | None:
    """The order of the goods, None while the receipt that they were sold on may still be under way."""
    command = RecordReturn(task.origin, receipt, back, task.at, linked=back.original is not None)
    try:
        return await around.orders.record_return(command, skus)
    except Refusal as refusal:
        if refusal.reason != ORDER_UNKNOWN or back.original is None:
            raise
    if task.age < around.original_wait:
        return None
    # The goods are on the shelf and the money is gone, whatever became of the first receipt.
    return await around.orders.record_return(
        RecordReturn(task.origin, receipt, back, task.at, linked=False), skus
    )


def refused(task: Task, refusal: Refusal) -> Outcome:
    return outcome_of_refusal(
        refusal,
        may_pass=lambda reason: False,
        waits_for=task.key.text,
        patience=task.age,
        order_id=task.order_id,
    )


def taken_over(task: Task) -> TakenOver:
    transaction = task.transaction
    kind, total = Kind.CONTROL, None
    if isinstance(transaction, Receipt):
        kind, total = transaction.kind, task.total
    elif isinstance(transaction, StockDocument):
        kind = Kind.STOCK
    return TakenOver(task.key, kind, total, task.order_id, task.at)

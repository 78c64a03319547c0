"""Take over what storefronts told, many messages at a time."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from libs.intake import Message, Outcome
from libs.refusals import Refusal
from libs.telemetry import SpanKind, span
from services.channel_gateway.application._task import Task, task_of
from services.channel_gateway.application.carry_out import carry_out
from services.channel_gateway.application.ports import Patience, Placed, PlaceOrder, Surroundings
from services.channel_gateway.domain.handed_over import HandedOver
from services.channel_gateway.domain.storefront import Identifier, Order, OrderTold


async def apply_messages(
    around: Surroundings, messages: Sequence[Message], now: datetime
) -> Sequence[Outcome]:
    """Each message's outcome, in order. Idempotent: what was handed over before is not handed over again."""
    read = [task_of(around.read, message, now) for message in messages]
    tasks = [task for task in read if isinstance(task, Task)]
    known = await around.ledger.find({task.key for task in tasks})
    for task in tasks:
        task.known = known.get(task.key)
    await place_new(around, [task for task in tasks if is_to_be_placed(task, around.patience)])
    slots = asyncio.Semaphore(around.at_once)
    await asyncio.gather(*(follow(around, task, slots) for task in tasks if task.outcome is None))
    await around.ledger.save([task.known for task in tasks if task.changed and task.known])
    return [done_of(task) if isinstance(task, Task) else task for task in read]


def is_to_be_placed(task: Task, patience: Patience) -> bool:
    """A later state of an order whose first message never came places it itself, once it has waited."""
    if task.known is not None or not isinstance(task.told, OrderTold):
        return False
    return task.told.created or task.age >= patience.for_order


async def place_new(around: Surroundings, tasks: Sequence[Task]) -> None:
    """One look-up for all products, one call for all orders."""
    orders = [(task, task.told.order) for task in tasks if isinstance(task.told, OrderTold)]
    if not orders:
        return
    skus = await around.master_data.resolve({name for _, order in orders for name in names_of(order)})
    commands = [
        PlaceOrder(str(task.message.message_id), task.message.traceparent, order) for task, order in orders
    ]
    answers = await around.orders.place(commands, skus)
    for (task, order), answer in zip(orders, answers, strict=True):
        if isinstance(answer, Refusal):
            task.refuse(answer, around.patience)
        else:
            task.known, task.changed, task.placed = known_of(order, answer), True, True


def names_of(order: Order) -> set[Identifier]:
    return {name for line in order.lines for name in line.names}


def known_of(order: Order, placed: Placed) -> HandedOver:
    """Of an order that was recorded with other content nothing is taken for granted."""
    return HandedOver(
        channel=order.channel,
        channel_order_id=order.channel_order_id,
        order_id=placed.order_id,
        version=order.placed_at if placed.differs else order.version,
        paid=order.paid and not placed.differs,
        refused=placed.refused,
        cancelled=order.cancelled_at is not None and not placed.differs,
    )


async def follow(around: Surroundings, task: Task, slots: asyncio.Semaphore) -> None:
    """What is left to do for one message once its order is placed, in the trace in which it arrived."""
    message = task.message
    async with slots:
        with span(f"apply {message.topic}", SpanKind.CONSUMER, traceparent=message.traceparent):
            try:
                task.finish(await carry_out(around, task))
            except Refusal as refusal:
                task.refuse(refusal, around.patience)


def done_of(task: Task) -> Outcome:
    if task.outcome is None:
        raise AssertionError("a message was left without an outcome")
    return task.outcome

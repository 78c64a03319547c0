"""Tell the order service what a message adds to what it knows."""

from libs.intake import Outcome
from libs.refusals import Refusal
from services.channel_gateway.application._task import Task
from services.channel_gateway.application.ports import Surroundings
from services.channel_gateway.domain.give_back import parts_of
from services.channel_gateway.domain.handed_over import (
    Cancel,
    GiveBack,
    HandedOver,
    Ship,
    Step,
    Update,
    is_ambiguous,
    steps_to,
)
from services.channel_gateway.domain.storefront import OrderTold, ParcelTold, Refund, RefundTold

NOT_SEEN = "order_not_seen"
PARCELS_NOT_SEEN = "parcels_not_seen"
ALREADY_RECORDED = "already_recorded"
ALREADY_PLACED = "already_placed"
NOTHING_SENT = "nothing_sent"
STALE = "stale"
DIFFERS = "ERROR_REASON_DOCUMENT_DIFFERS"
STALE_UPDATE = "ERROR_REASON_STALE_UPDATE"
ORDER_UNKNOWN = "ERROR_REASON_ORDER_UNKNOWN"


async def carry_out(around: Surroundings, task: Task) -> Outcome:
    """The outcome of one message. What was told before a refusal stays told, see `Task.took`.

    Raises the refusals of the order service.
    """
    told, known = task.told, task.known
    if known is None:
        if isinstance(told, RefundTold) and task.age >= around.patience.for_order:
            return await give_back_alone(around, task, told.refund)
        return Outcome.wait(NOT_SEEN, task.message.business_key)
    match told:
        case OrderTold():
            return await take_over(around, task, told, known)
        case ParcelTold(_, parcel):
            if not parcel.lines or known.refused:
                return Outcome.ignore(NOTHING_SENT, known.order_id)
            if parcel.parcel_id in known.parcels:
                return Outcome.ignore(ALREADY_RECORDED, known.order_id)
            await take(around, task, Ship(parcel))
        case RefundTold(_, refund):
            if refund.refund_id in known.refunds:
                return Outcome.ignore(ALREADY_RECORDED, known.order_id)
            if is_ambiguous(refund, known) and task.age < around.patience.for_parcels:
                return Outcome.wait(PARCELS_NOT_SEEN, task.message.business_key)
            await take(around, task, GiveBack(refund))
    return applied(task, known)


def applied(task: Task, known: HandedOver) -> Outcome:
    return Outcome.apply(known.order_id, documents=[task.message.business_key])


async def take_over(around: Surroundings, task: Task, told: OrderTold, known: HandedOver) -> Outcome:
    if not task.placed:
        if told.created and told.order.version <= known.version:
            return Outcome.ignore(ALREADY_PLACED, known.order_id)
        if told.order.version < known.version:
            return Outcome.ignore(STALE, known.order_id)
    for step in steps_to(told.order, known):
        await take(around, task, step)
    return applied(task, known)


async def take(around: Surroundings, task: Task, step: Step) -> None:
    location_id = ""
    try:
        match step:
            case Update():
                await around.orders.update(task.about, step)
            case Ship(parcel):
                location_id = await around.master_data.location_of(parcel.place)
                await around.orders.ship(task.about, parcel, location_id)
            case GiveBack(refund):
                await give_back(around, task, refund)
            case Cancel():
                await around.orders.cancel(task.about, step)
    except Refusal as refusal:
        # Known there already, from a time that our own records do not reach back to.
        if refusal.reason not in (DIFFERS, STALE_UPDATE):
            raise
    task.took(step, location_id)


async def give_back(around: Surroundings, task: Task, refund: Refund) -> None:
    fallback = await around.master_data.only_warehouse()
    for part in parts_of(refund, task.known, fallback):
        await around.orders.give_back(task.about, refund, part, {}, linked=True)


async def give_back_alone(around: Surroundings, task: Task, refund: Refund) -> Outcome:
    """Money was given back, whatever became of the order's own message: it is recorded without the order."""
    names = {name for line in refund.lines for name in line.names}
    skus = await around.master_data.resolve(names)
    fallback = await around.master_data.only_warehouse()
    order_id = ""
    for part in parts_of(refund, None, fallback):
        try:
            order_id = await around.orders.give_back(task.about, refund, part, skus, linked=True)
        except Refusal as refusal:
            if refusal.reason != ORDER_UNKNOWN:
                raise
            await around.orders.give_back(task.about, refund, part, skus, linked=False)
    return Outcome.apply(order_id)

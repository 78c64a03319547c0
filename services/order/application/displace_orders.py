"""Source orders again whose goods were taken away."""

from collections.abc import Sequence
from typing import NamedTuple

from services.order.application._find import order_unknown
from services.order.application.ports import Transaction
from services.order.domain.events import OrderEvent, OrderReallocated
from services.order.domain.order import Order
from services.order.domain.sourcing import lose, seek
from services.order.domain.stock import Allocation, Source

CAUSE = "promised goods were not there any more"


class Displacement(NamedTuple):
    """What one event says that one order lost."""

    event_id: str
    order_id: str
    lost: tuple[Allocation, ...]
    traceparent: str


async def displace_orders(transaction: Transaction, displacements: Sequence[Displacement]) -> None:
    """What was lost waits for stock, and is sourced elsewhere as soon as the transaction has committed.

    Raises `OrderUnknown`: the event may be faster than the transaction that records the order.
    """
    orders = await transaction.lock_orders({it.order_id for it in displacements})
    changed: dict[str, Order] = {}
    events: list[OrderEvent] = []
    told: list[str] = []
    sources: list[Source] = []
    asked: list[str] = []
    for it in displacements:
        if it.order_id not in orders:
            raise order_unknown(it.order_id)
        order = lose(changed.get(it.order_id, orders[it.order_id]), it.lost)
        if order is None:
            continue
        changed[it.order_id] = order
        events.append(OrderReallocated(order, CAUSE))
        told.append(it.traceparent)
        places = sorted({one.location_id for one in it.lost})
        sought = seek(order, CAUSE, "displaced", it.event_id, excluded=places)
        sources += sought
        asked += [it.traceparent] * len(sought)
    if changed:
        await transaction.save_orders(list(changed.values()))
        await transaction.instruct(sources, asked)
        await transaction.record(events, told)

"""Make promises firm once their orders are recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from libs.refusals import Refusal
from services.inventory.application._load import load_orders
from services.inventory.application.ports import Atlas, Told, Transaction
from services.inventory.domain.commands import Reinstate
from services.inventory.domain.decide import decide
from services.inventory.domain.reservations import Allocation


class RecordedOrder(NamedTuple):
    """An order as its service recorded it, with the promises it believes it has."""

    order_id: str
    wanted: tuple[Allocation, ...]
    traceparent: str


async def record_orders(
    transaction: Transaction, atlas: Atlas, orders: Sequence[RecordedOrder], now: datetime
) -> None:
    """One statement, unless promises expired before their order's record arrived.

    Those are made again where the goods are still there; the rest is displaced, so that the order is sourced
    again. Recording an order twice changes nothing.
    """
    by_id = {order.order_id: order for order in orders}
    held = await transaction.record_orders(by_id)
    others = [order for order_id, order in by_id.items() if order_id not in held]
    if not others:
        return
    await transaction.record_other_orders([order.order_id for order in others])
    await reinstate(transaction, atlas, [order for order in others if order.wanted], now)


async def reinstate(
    transaction: Transaction, atlas: Atlas, orders: Sequence[RecordedOrder], now: datetime
) -> None:
    if not orders:
        return
    commands = [Reinstate(order.order_id, order.wanted) for order in orders]
    book = await load_orders(await atlas.places())(transaction, commands)
    told = [
        Told(event, order.traceparent)
        for order, outcome in zip(orders, decide(commands, book, now), strict=True)
        if not isinstance(outcome, Refusal)
        for event in outcome.events
    ]
    await transaction.save(book)
    await transaction.tell(told, now)

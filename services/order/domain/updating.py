"""Taking over a channel's later state of an order."""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from services.order.domain.kinds import HoldReason
from services.order.domain.order import Order
from services.order.domain.refusals import StaleUpdate


class Update(NamedTuple):
    """``shipping`` is the serialised contact of who receives, empty when it stays."""

    channel_version: datetime
    paid: bool
    shipping: bytes


def take_over(order: Order, update: Update) -> Order:
    """The order as the channel knows it now, its state as before.

    A payment is never taken back by an update: money given back is a return. Of two updates of the same
    instant both count, for channels count instants in seconds. Raises `StaleUpdate`.
    """
    if order.channel_version is not None and update.channel_version < order.channel_version:
        raise StaleUpdate("a newer state of the order is recorded", field="channel_version")
    paid = update.paid or order.paid
    reasons = [it for it in order.hold_reasons if not (paid and it == HoldReason.PAYMENT_PENDING)]
    return replace(
        order,
        channel_version=update.channel_version,
        paid=paid,
        paid_amount=max(order.paid_amount, order.total if paid else 0),
        hold_reasons=tuple(reasons),
    )

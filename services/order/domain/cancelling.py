"""Calling an order off."""

from dataclasses import replace

from services.order.domain.kinds import OrderKind, OrderState
from services.order.domain.order import Order
from services.order.domain.refusals import StateForbids
from services.order.domain.states import Command, next_state
from services.order.domain.stock import Instruction, Release, request_id_of

ENDED = frozenset({OrderState.CANCELLED, OrderState.REFUSED})


def cancel(order: Order) -> tuple[Order, list[Instruction]] | None:
    """The order called off, and what inventory has to be told; None when there is nothing left to call off.

    Raises `StateForbids`: what was sent or handed over cannot be called off, it has to be returned.
    """
    next_state(order.state, Command.CANCEL)
    if order.kind == OrderKind.TILL_SALE:
        raise StateForbids(
            "goods sold at a till have to be returned",
            state=f"ORDER_STATE_{order.state.name}",
            command=Command.CANCEL.value,
        )
    if order.state in ENDED:
        return None
    lines = [
        replace(line, cancelled=line.cancelled + line.outstanding, promised={}, short=0)
        for line in order.lines
    ]
    cancelled = replace(order.with_lines(lines), hold_reasons=()).after(Command.CANCEL)
    # Also without a known promise: an attempt to source the order may have died before it was recorded.
    release = Release(request_id_of(order.order_id, "cancel"), order.order_id)
    return cancelled, [release]

"""Deciding a new order: refused, held, or to be supplied; and what it is once inventory has answered."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from libs.refusals import RequestIdReused
from services.order.domain.checks import hold_reasons_of, refusal_reason_of, takes_stock
from services.order.domain.kinds import HoldReason, OrderKind, OrderState, RefusalReason
from services.order.domain.new_order import NewOrder
from services.order.domain.refusals import ChannelOrderDiffers
from services.order.domain.stock import NOTHING_PROMISED, Allocation, Article, Goods, Promise


class PlaceOrder(NamedTuple):
    """An order to place, and the trace of the call that asked for it."""

    request_id: str
    order: NewOrder
    trace_id: str
    traceparent: str


class Verdict(NamedTuple):
    """What to do with a new order. ``wanted`` goods are reserved, or were handed over at a till."""

    hold_reasons: tuple[HoldReason, ...]
    refusal_reason: RefusalReason | None
    stocked: tuple[bool, ...]
    """For each line, whether it takes goods from a shelf."""
    wanted: tuple[Goods, ...]


class Placed(NamedTuple):
    """A new order with everything that is decided about it, ready to be recorded as its first version."""

    command: PlaceOrder
    state: OrderState
    hold_reasons: tuple[HoldReason, ...]
    refusal_reason: RefusalReason | None
    stocked: tuple[bool, ...]
    promise: Promise
    handed_over: tuple[Goods, ...]
    """Goods that left at the till."""
    recorded_at: datetime


class Placement(NamedTuple):
    """What became of an order when it was placed."""

    order_id: str
    state: OrderState
    hold_reasons: tuple[HoldReason, ...]
    refusal_reason: RefusalReason | None
    allocations: tuple[Allocation, ...]
    shortages: tuple[Goods, ...]
    repeated_order: bool


class Recorded(NamedTuple):
    """What is remembered of an order's placing."""

    request_id: str
    digest: bytes
    placement: Placement


def judge(order: NewOrder, articles: Mapping[str, Article], locations: Collection[str]) -> Verdict:
    """Goods of a till's sale have left, whatever is wrong with the rest; other goods wait for the answer."""
    stocked = tuple([takes_stock(line, articles) for line in order.lines])
    if refusal := refusal_reason_of(order):
        return Verdict((), refusal, stocked, ())
    reasons = hold_reasons_of(order, articles, locations)
    obstacle = HoldReason.UNKNOWN_LOCATION in reasons if order.kind == OrderKind.TILL_SALE else reasons
    wanted = () if obstacle else goods_of(order, stocked)
    return Verdict(reasons, None, stocked, wanted)


def goods_of(order: NewOrder, stocked: tuple[bool, ...]) -> tuple[Goods, ...]:
    return tuple(
        [
            Goods(line.line_id, line.sku, line.milli, line.unit)
            for line, takes in zip(order.lines, stocked, strict=True)
            if takes
        ]
    )


def placed(command: PlaceOrder, verdict: Verdict, promise: Promise | None, now: datetime) -> Placed:
    """The order as it is recorded. ``promise`` is None when inventory refused to move its goods."""
    reasons = verdict.hold_reasons
    if promise is None:
        reasons = (*reasons, HoldReason.STOCK_REFUSED)
    is_sale = command.order.kind == OrderKind.TILL_SALE
    return Placed(
        command=command,
        state=state_of(verdict, reasons, promise, is_sale),
        hold_reasons=reasons,
        refusal_reason=verdict.refusal_reason,
        stocked=verdict.stocked,
        promise=promise or NOTHING_PROMISED,
        handed_over=verdict.wanted if is_sale and promise is not None else (),
        recorded_at=now,
    )


def state_of(
    verdict: Verdict, reasons: tuple[HoldReason, ...], promise: Promise | None, is_sale: bool
) -> OrderState:
    if verdict.refusal_reason:
        return OrderState.REFUSED
    if reasons or promise is None:
        return OrderState.HELD
    if is_sale:
        return OrderState.COMPLETED
    return OrderState.BACKORDERED if promise.shortages else OrderState.CONFIRMED


def placement_of(it: Placed) -> Placement:
    return Placement(
        it.command.order.order_id,
        it.state,
        it.hold_reasons,
        it.refusal_reason,
        it.promise.allocations,
        it.promise.shortages,
        False,
    )


def repeated(command: PlaceOrder, order: Recorded | None, request: Recorded | None) -> Placement | None:
    """The answer to an order, or to a request id, that is recorded already; None when neither is.

    ``order`` is recorded under the channel order's name, ``request`` under the request id. The answer is
    the state at the time of recording, the same for every repeat.
    Raises `RequestIdReused`, `ChannelOrderDiffers`.
    """
    if request and (order is not request or request.digest != command.order.digest):
        raise RequestIdReused("the request id was used for another order", field="request_id")
    if order is None:
        return None
    if order.digest != command.order.digest:
        raise ChannelOrderDiffers(
            "the channel order is recorded with other content", order_id=order.placement.order_id
        )
    return order.placement._replace(repeated_order=request is None)

"""Putting an order on hold, and ending the hold."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from services.order.domain.checks import hold_reasons_of, takes_stock
from services.order.domain.kinds import JUDGEMENTS, HoldReason, OrderKind
from services.order.domain.new_order import Line, NewOrder
from services.order.domain.order import Order, OrderLine
from services.order.domain.states import Command, next_state
from services.order.domain.stock import Article, Goods, Instruction, Issue, request_id_of


def hold(order: Order) -> Order | None:
    """The order held by a person's decision, with its promises; None when it is already.

    Raises `StateForbids`.
    """
    next_state(order.state, Command.HOLD)
    if HoldReason.OPERATOR in order.hold_reasons:
        return None
    reasons = (*order.hold_reasons, HoldReason.OPERATOR)
    overruled = order.overruled - {HoldReason.OPERATOR}
    return replace(order, hold_reasons=reasons, overruled=overruled).after(Command.HOLD)


def check_again(
    order: Order, corrected: NewOrder, articles: Mapping[str, Article], locations: Collection[str]
) -> Order:
    """The held order as checked anew: its judgements overruled, its lines as corrected, its state as before.

    Lacks that remain keep it on hold. Raises `StateForbids`.
    """
    next_state(order.state, Command.RELEASE)
    overruled = order.overruled | JUDGEMENTS.intersection(order.hold_reasons)
    reasons = [it for it in hold_reasons_of(corrected, articles, locations) if it not in overruled]
    lines = [correct(line, given, articles) for line, given in zip(order.lines, corrected.lines, strict=True)]
    return replace(
        order.with_lines(lines),
        hold_reasons=tuple(reasons),
        overruled=overruled,
        document=corrected.document,
    )


def correct(line: OrderLine, given: Line, articles: Mapping[str, Article]) -> OrderLine:
    """Goods already promised, sent or called off keep the product they had."""
    if line.promised or line.shipped or line.cancelled:
        return line
    return replace(line, sku=given.sku, stocked=takes_stock(given, articles))


def hand_over(order: Order, occurred_at: datetime) -> tuple[Order, list[Instruction]]:
    """A till's sale whose goods left when it was made, so what can be taken from stock is taken now."""
    goods = tuple(
        Goods(line.line_id, line.sku, line.outstanding, line.unit)
        for line in order.lines
        if line.stocked and line.outstanding
    )
    if order.kind != OrderKind.TILL_SALE or HoldReason.UNKNOWN_LOCATION in order.hold_reasons or not goods:
        return order, []
    taken = {it.line_id for it in goods}
    lines = [
        replace(line, shipped=line.shipped + line.outstanding)
        for line in order.lines
        if line.line_id in taken
    ]
    request_id = request_id_of(order.order_id, "hand over", str(order.version))
    issue = Issue(request_id, order.order_id, order.location_id, True, goods, occurred_at)
    return order.with_lines(lines), [issue]

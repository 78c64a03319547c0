"""Goods and money given back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from libs.refusals import InvalidField
from services.order.domain.order import Order, OrderLine
from services.order.domain.refusals import (
    CurrencyMixed,
    LocationMissing,
    ProductUnknown,
    QuantityExceeded,
    RefundExceeded,
)
from services.order.domain.sourcing import seek
from services.order.domain.states import Command
from services.order.domain.stock import Article, Goods, Instruction, Receipt, Release, request_id_of


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """``line_id`` is empty in a return without its order, ``sku`` may be empty in one with it."""

    line_id: str
    sku: str
    milli: int
    unit: int
    restock: bool


@dataclass(frozen=True, slots=True)
class Return:
    """``amount`` micros of ``currency`` were given back. Named by channel and return id."""

    channel: str
    return_id: str
    location_id: str
    lines: tuple[ReturnedLine, ...]
    currency: str
    currencies: frozenset[str]
    amount: int
    returned_at: datetime
    document: bytes
    digest: bytes


def take_back(order: Order, it: Return) -> tuple[Order, list[Instruction]]:
    """The order after the return, and what inventory has to be told.

    What had not been sent yet is called off instead of taken back: its promises are given up.
    Raises `CurrencyMixed`, `RefundExceeded`, `LineUnknown`, `QuantityExceeded`, `LocationMissing`,
    `StateForbids`.
    """
    refuse_currencies(it, order.currency)
    if it.amount > order.paid_amount - order.refunded:
        raise RefundExceeded("more than is left of what was paid", field="return.amount")
    after = order
    received: list[Goods] = []
    for position, given in enumerate(it.lines):
        line, came_back = take_line_back(after.line(given.line_id), given, f"return.lines[{position}]")
        after = after.with_lines([line])
        if came_back and given.restock and line.stocked:
            received.append(Goods(str(position + 1), line.sku, came_back, line.unit))
    after = replace(after, refunded=order.refunded + it.amount, returns=(*order.returns, it.document))
    after = after.after(Command.RETURN)
    return after, [*receipt_of(it, order.order_id, received), *given_up(order, after, it)]


def refuse_currencies(it: Return, currency: str) -> None:
    if not it.currencies <= {currency}:
        raise CurrencyMixed(f"the return is not in {currency} alone", field="return.amount")


def take_line_back(line: OrderLine, given: ReturnedLine, field: str) -> tuple[OrderLine, int]:
    """The line after it, and how much of the goods had really been sent."""
    if given.unit != line.unit:
        raise InvalidField("the unit is not that of the order line", field=f"{field}.quantity.unit")
    if given.milli > line.unreturned:
        raise QuantityExceeded(
            f"line {line.line_id} has less left to give back", field=f"{field}.quantity", line_id=line.line_id
        )
    came_back = min(given.milli, line.shipped - line.returned)
    called_off = given.milli - came_back
    line = replace(line, returned=line.returned + came_back, cancelled=line.cancelled + called_off)
    return (call_off(line) if called_off else line), came_back


def call_off(line: OrderLine) -> OrderLine:
    """Waiting goods are called off before promised ones. A promise is given up whole and sought again."""
    if line.unpromised >= 0:
        return replace(line, short=min(line.short, line.unpromised))
    return replace(line, promised={}, short=line.outstanding)


def receipt_of(it: Return, order_id: str, goods: list[Goods]) -> list[Receipt]:
    """Raises `LocationMissing`: goods cannot be restocked nowhere."""
    if not goods:
        return []
    if not it.location_id:
        raise LocationMissing("goods are restocked, but not said where", field="return.location_id")
    request_id = request_id_of("return", it.channel, it.return_id)
    reference = order_id or it.return_id
    return [Receipt(request_id, order_id, reference, it.location_id, tuple(goods), it.returned_at)]


def given_up(order: Order, after: Order, it: Return) -> list[Instruction]:
    """Promises of lines called off in part are given back whole, and what is left is sought anew."""
    lines = [line for line in after.lines if order.line(line.line_id).promised and not line.promised]
    if not lines:
        return []
    request_id = request_id_of(order.order_id, "call off", it.channel, it.return_id)
    release = Release(request_id, order.order_id, tuple(line.line_id for line in lines))
    return [release, *seek(after, "call off", it.channel, it.return_id)]


def take_back_without_order(it: Return, articles: Mapping[str, Article]) -> list[Instruction]:
    """What inventory has to be told. Raises `CurrencyMixed`, `ProductUnknown`, `LocationMissing`."""
    refuse_currencies(it, it.currency)
    goods = []
    for position, line in enumerate(it.lines):
        if not line.restock:
            continue
        article = articles.get(line.sku)
        if article is None or article.unit != line.unit:
            raise ProductUnknown(
                f"no product {line.sku} is kept in that unit",
                field=f"return.lines[{position}].sku",
                sku=line.sku,
            )
        if article.stocked:
            goods.append(Goods(str(position + 1), line.sku, line.milli, line.unit))
    return [*receipt_of(it, "", goods)]

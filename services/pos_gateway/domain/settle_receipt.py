"""A receipt as the sale and the returns it consists of, each with its own money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from libs.money import Money
from services.pos_gateway.domain.receipts import (
    Discount,
    Line,
    Receipt,
    ReceiptKey,
    Returned,
    Tender,
    TenderKind,
)

EXCHANGE = "exchange"
"""Tender id of what goods brought back pay for goods taken along in the same receipt."""


@dataclass(frozen=True, slots=True)
class SoldLine:
    """``within`` is taken off the price in what the till charged; ``reductions`` come off after that."""

    line: Line
    within: Money
    reductions: tuple[Discount, ...]

    @property
    def total(self) -> Money:
        amount = self.line.amount
        return amount - Money.total((one.amount for one in self.reductions), amount.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    lines: tuple[SoldLine, ...]
    total: Money
    tax: Money
    tax_included: bool
    tenders: tuple[Tender, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsBack:
    """What came back of one original receipt, or without one."""

    return_id: str
    original: ReceiptKey | None
    lines: tuple[Returned, ...]
    amount: Money
    tax: Money
    tenders: tuple[Tender, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    sale: Sale | None
    returns: tuple[GoodsBack, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a receipt breaks; ``field`` as the till names it."""

    field: str
    rule: str


def problems_of(receipt: Receipt) -> list[Broken]:
    """Amounts must add up to within the smallest coin: tills round tax and shares of reductions."""
    problems = []
    off = minor_unit(receipt)
    if receipt.total is not None and not any(
        abs(lines - receipt.total).micros <= off for lines in possible_totals(receipt)
    ):
        problems.append(Broken("Total", "must be the sum of the lines less reductions"))
    if receipt.tenders and receipt.total is not None:
        paid = Money.total((tender.amount for tender in receipt.tenders), receipt.currency)
        if abs(paid - receipt.total).micros > off:
            problems.append(Broken("Tender", "payments less change must be the total"))
    reduced = Money.total((one.amount for one in receipt.reductions), receipt.currency)
    if reduced > sum_of(receipt.sold, receipt.currency):
        problems.append(Broken("Discount", "must not be more than what was sold"))
    return problems


def possible_totals(receipt: Receipt) -> list[Money]:
    """With tax contained in prices, and with tax on top."""
    goods = goods_total(receipt)
    return [goods, goods + receipt.tax]


def goods_total(receipt: Receipt) -> Money:
    reduced = Money.total((one.amount for one in receipt.reductions), receipt.currency)
    return sum_of(receipt.sold, receipt.currency) - returned_sum(receipt.returned, receipt.currency) - reduced


def settle_receipt(receipt: Receipt) -> Settled:
    """Split a receipt that has no problem. The parts' money adds up to the receipt's."""
    tax_included = is_tax_included(receipt)
    sold_lines = with_reductions(receipt)
    sold_tax, returned_tax = taxes_of(receipt)
    zero = Money.zero(receipt.currency)
    sold = Money.total((line.total for line in sold_lines), receipt.currency)
    back = returned_sum(receipt.returned, receipt.currency)
    sold_total = sold + (zero if tax_included else sold_tax)
    back_total = back + (zero if tax_included else returned_tax)
    paid, refunded = tenders_of(receipt, sold_total, back_total)
    sale = Sale(
        lines=sold_lines, total=sold_total, tax=sold_tax, tax_included=tax_included, tenders=tuple(paid)
    )
    returns = returns_of(receipt, back_total, returned_tax, refunded) if receipt.returned else ()
    return Settled(sale if receipt.sold else None, returns)


def is_tax_included(receipt: Receipt) -> bool:
    if receipt.total is None or not receipt.tax:
        return True
    return abs(goods_total(receipt) - receipt.total).micros <= minor_unit(receipt)


def with_reductions(receipt: Receipt) -> tuple[SoldLine, ...]:
    """Reductions of the whole receipt spread over its lines by what they cost, to the smallest coin."""
    reductions: list[list[Discount]] = [[] for _ in receipt.sold]
    weights = [line.amount.micros for line in receipt.sold]
    for reduction in receipt.reductions:
        shares = reduction.amount.allocate(weights, minor_unit(receipt)) if any(weights) else []
        for place, share in enumerate(shares):
            if share:
                reductions[place].append(Discount(reduction.promotion_id, share))
    return tuple(
        SoldLine(line, within(line), tuple(found))
        for line, found in zip(receipt.sold, reductions, strict=True)
    )


def within(line: Line) -> Money:
    """Never negative: where a till charges more than price times quantity, it has rounded the price."""
    reduced = line.unit_price.times(line.milli, 1000).rounded() - line.amount
    return reduced if reduced.micros > 0 else Money.zero(reduced.currency)


def taxes_of(receipt: Receipt) -> tuple[Money, Money]:
    """Of what was sold and of what came back. Tills that state no tax by line state one sum."""
    sold = Money.total((line.tax for line in receipt.sold), receipt.currency)
    back = Money.total((one.line.tax for one in receipt.returned), receipt.currency)
    if sold or back:
        return sold, back
    zero = Money.zero(receipt.currency)
    return (receipt.tax, zero) if receipt.sold else (zero, abs(receipt.tax))


def tenders_of(receipt: Receipt, sold: Money, back: Money) -> tuple[list[Tender], list[Tender]]:
    """Payments for the sale, and payments for the goods brought back, all of them positive but change."""
    tenders = list(receipt.tenders)
    if not receipt.returned:
        return tenders, []
    paid_out = [Tender(one.tender_id, one.kind, -one.amount) for one in tenders]
    if not receipt.sold:
        return [], paid_out
    exchanged = Tender(EXCHANGE, TenderKind.VOUCHER, min(sold, back))
    return ([*tenders, exchanged], [exchanged]) if sold >= back else ([exchanged], [exchanged, *paid_out])


def returns_of(
    receipt: Receipt, total: Money, tax: Money, tenders: Sequence[Tender]
) -> tuple[GoodsBack, ...]:
    """One return for each original receipt; the first carries tenders, tax and what rounding left."""
    groups: dict[ReceiptKey | None, list[Returned]] = {}
    for one in receipt.returned:
        groups.setdefault(one.original, []).append(one)
    amounts = [returned_sum(lines, receipt.currency) for lines in groups.values()]
    amounts[0] += total - Money.total(amounts, receipt.currency)
    return tuple(
        GoodsBack(
            return_id=receipt.key.channel_order_id + (f"#{place + 1}" if place else ""),
            original=original,
            lines=tuple(lines),
            amount=amounts[place],
            tax=Money.zero(receipt.currency) if place else tax,
            tenders=() if place else tuple(tenders),
        )
        for place, (original, lines) in enumerate(groups.items())
    )


def sum_of(lines: Iterable[Line], currency: str) -> Money:
    return Money.total((line.amount for line in lines), currency)


def returned_sum(lines: Iterable[Returned], currency: str) -> Money:
    return sum_of((one.line for one in lines), currency)


def minor_unit(receipt: Receipt) -> int:
    return Money.zero(receipt.currency).minor_unit

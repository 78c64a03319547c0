"""What is wrong with an order that is otherwise sound: reasons to refuse it, reasons to hold it."""

from collections.abc import Collection, Mapping

from libs.money import Money
from services.order.domain.kinds import HoldReason, OrderKind, RefusalReason
from services.order.domain.new_order import Line, NewOrder
from services.order.domain.stock import Article


def refusal_reason_of(order: NewOrder) -> RefusalReason | None:
    """Why the order is recorded as refused, if it is."""
    if order.test:
        return RefusalReason.TEST_ORDER
    if order.cancelled:
        return RefusalReason.ALREADY_CANCELLED
    return None if order.lines else RefusalReason.NOTHING_ORDERED


def hold_reasons_of(
    order: NewOrder, articles: Mapping[str, Article], locations: Collection[str]
) -> tuple[HoldReason, ...]:
    """Why a person or another system must answer something first, in the order of the contract."""
    found = []
    if any(is_unknown(line, articles) for line in order.lines):
        found.append(HoldReason.UNKNOWN_PRODUCT)
    if not adds_up(order):
        found.append(HoldReason.TOTALS_MISMATCH)
    if order.kind == OrderKind.STOREFRONT and not order.paid and order.total > order.tendered:
        found.append(HoldReason.PAYMENT_PENDING)
    if any(map(is_suspect, order.lines)):
        found.append(HoldReason.PRICE_SUSPECT)
    if order.kind == OrderKind.TILL_SALE and order.location_id not in locations:
        found.append(HoldReason.UNKNOWN_LOCATION)
    if any(has_other_unit(line, articles) for line in order.lines):
        found.append(HoldReason.STOCK_REFUSED)
    return tuple(found)


def is_unknown(line: Line, articles: Mapping[str, Article]) -> bool:
    """A line without stock may have no product, such as postage; what it does name must exist."""
    return line.sku not in articles and (line.stocked or line.sku != "")


def has_other_unit(line: Line, articles: Mapping[str, Article]) -> bool:
    """Three pieces of what is stocked by the kilogram cannot be taken from any shelf."""
    article = articles.get(line.sku)
    return article is not None and line.stocked and article.stocked and article.unit != line.unit


def takes_stock(line: Line, articles: Mapping[str, Article]) -> bool:
    """Both the channel and master data can say that a line needs no goods."""
    article = articles.get(line.sku)
    return article is not None and line.stocked and article.stocked and article.unit == line.unit


def is_suspect(line: Line) -> bool:
    """A gift has a price and a discount of that price; goods without a price are a mistake."""
    return line.stocked and (line.price == 0 or line.total < 0)


def adds_up(order: NewOrder) -> bool:
    """Each line agrees with its price, and all of them with the total, within a minor unit."""
    minor_unit = Money(order.currency, 0).minor_unit
    owed = order.shipping + (0 if order.tax_included else order.tax)
    for line in order.lines:
        if not line_adds_up(line, minor_unit):
            return False
        owed += line.total
    return abs(owed - order.total) <= minor_unit


def line_adds_up(line: Line, minor_unit: int) -> bool:
    """Within a minor unit, and half of one more for each unit bought: that much a rounded price hides."""
    exact = line.price * line.milli - line.discount * 1000
    return abs(exact - line.total * 1000) <= minor_unit * (1000 + line.milli // 2)

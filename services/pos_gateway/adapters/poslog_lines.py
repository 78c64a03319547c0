"""Lines of POSLog receipts, and the ways in which makes of tills write them differently."""

from dataclasses import dataclass, replace

from libs.intake import Problem, Unreadable
from libs.money import Money
from services.pos_gateway.adapters.poslog_values import UNITS, day, money, quantity
from services.pos_gateway.adapters.poslog_xml import Element
from services.pos_gateway.domain.receipts import Identifier, Line, ReceiptKey, Returned, Scheme, Unit

BARCODE_LENGTHS = {8, 12, 13, 14}
PRICES = ("RegularSalesUnitPrice", "ActualSalesUnitPrice", "UnitListPrice")
NEGATIVE_ITEM = "NegativeItem"
"""NCR's item type of a deposit paid out."""
RESUMED = "Resume"
"""A link of this kind points at the same purchase, suspended earlier."""
TITLE_LIMIT, PRODUCT_LIMIT, NAME_LIMIT = 255, 128, 64


@dataclass(frozen=True, slots=True)
class Item:
    """A line as it stands in the file: which way the goods went, whether it voids an earlier line."""

    line: Line
    back: bool
    voids: bool
    restock: bool
    original: ReceiptKey | None
    original_line: str


def item_of(line_item: Element, sale: Element, currency: str, line_id: str, where: str) -> Item:
    """A line with a positive quantity and amount. ``where`` is its path for the problems it has."""
    where = f"{where}/{sale.name}"
    milli = quantity(sale.text("Quantity") or "1", where)
    amount = money(sale, "ExtendedAmount", currency, where)
    price = price_of(sale, currency, where)
    if amount is None:
        amount = (price or Money.zero(currency)).times(abs(milli), 1000).rounded()
    voids = line_item.attribute("VoidFlag") == "true"
    deposit = sale.attribute("ItemType").endswith(NEGATIVE_ITEM)
    back = deposit or milli < 0 or sale.name == "Return"
    if amount.micros < 0 and not (back or voids):
        raise Unreadable([Problem(f"{where}/ExtendedAmount", "must not be negative")])
    if price is not None and price.micros < 0:
        raise Unreadable([Problem(f"{where}/RegularSalesUnitPrice", "must not be negative")])
    if milli == 0:
        raise Unreadable([Problem(f"{where}/Quantity", "must not be zero")])
    amount = abs(amount)
    line = Line(
        line_id=line_id,
        names=names_of(sale),
        product=(sale.text("ItemID") or sale.text("POSIdentity/POSItemID"))[:PRODUCT_LIMIT],
        title=title_of(sale)[:TITLE_LIMIT],
        milli=abs(milli),
        unit=unit_of(line_item, sale),
        unit_price=price if price is not None else amount.times(1000, abs(milli)),
        amount=amount,
        tax=tax_of(sale, currency, where),
    )
    original, original_line = original_of(sale, where)
    # A void of NCR's has a negative quantity too, and takes back a sale all the same.
    return Item(line, back and not voids, voids, not deposit, original, original_line)


def price_of(sale: Element, currency: str, where: str) -> Money | None:
    prices = (money(sale, name, currency, where) for name in PRICES)
    return next((price for price in prices if price is not None), None)


def names_of(sale: Element) -> tuple[Identifier, ...]:
    """A code of a barcode's length is one before it is anything else; a shorter one is the chain's own."""
    names: dict[Identifier, None] = {}
    for code in (sale.text("ItemID"), sale.text("POSIdentity/POSItemID"), sale.text("SerialNumber")):
        for scheme in schemes_of(code[:NAME_LIMIT]):
            names.setdefault(Identifier(scheme, code[:NAME_LIMIT]))
    return tuple(names)


def schemes_of(code: str) -> tuple[Scheme, ...]:
    if not code:
        return ()
    if len(code) in BARCODE_LENGTHS and code.isdecimal():
        return Scheme.GTIN, Scheme.SKU, Scheme.TILL_PLU
    return Scheme.SKU, Scheme.TILL_PLU


def title_of(sale: Element) -> str:
    item = sale.child("ItemID")
    return sale.text("Description") or (item.attribute("Name") if item else "")


def unit_of(line_item: Element, sale: Element) -> Unit:
    """A unit nobody has heard of is left to the check against the product: it counts as pieces."""
    stated = sale.child("Quantity")
    code = stated.attribute("UnitOfMeasureCode").upper() if stated else ""
    if not code and line_item.vendor_attribute("weightItem") == "true":
        return Unit.KILOGRAM
    return UNITS.get(code, Unit.PIECE)


def tax_of(sale: Element, currency: str, where: str) -> Money:
    taxes = (money(tax, "Amount", currency, f"{where}/Tax") for tax in sale.children("Tax"))
    return abs(Money.total((tax for tax in taxes if tax is not None), currency))


def original_of(sale: Element, where: str) -> tuple[ReceiptKey | None, str]:
    """The receipt and line that goods brought back were sold on."""
    link = sale.child("TransactionLink")
    if link is None or link.attribute("ReasonCode") == RESUMED:
        return None, ""
    store = link.text("BusinessUnit/UnitID") or link.text("BusinessUnit") or link.text("RetailStoreID")
    date = link.text("BusinessDayDate/Date") or link.text("BusinessDayDate")
    sequence = link.text("SequenceNumber") or link.text("TransactionID")
    if not (store and date and sequence and link.text("WorkstationID")):
        return None, ""
    key = ReceiptKey(
        store=store,
        till=link.text("WorkstationID"),
        business_date=day(date, f"{where}/TransactionLink/BusinessDayDate"),
        sequence=plain(sequence),
    )
    return key, link.text("LineItemSequenceNumber")


def plain(sequence: str) -> str:
    """Tills pad numbers in one place and not in another."""
    return sequence.lstrip("0") or "0"


def without_voided(items: list[Item]) -> list[Item]:
    """Lines less what later lines take back. A void matches the latest line of the same goods.

    NCR writes a void with negative quantity and amount, Wincor with positive ones; both flag it and leave the
    voided line as it was.
    """
    kept: list[Item] = []
    for item in items:
        if item.voids:
            take_back(kept, item.line)
        else:
            kept.append(item)
    return kept


def take_back(kept: list[Item], void: Line) -> None:
    left = void.milli
    for place in range(len(kept) - 1, -1, -1):
        line = kept[place].line
        if left and line.names == void.names and line.unit_price == void.unit_price:
            taken = min(left, line.milli)
            left -= taken
            if taken == line.milli:
                del kept[place]
            else:
                kept[place] = replace(kept[place], line=less(line, taken))


def less(line: Line, taken: int) -> Line:
    rest = line.milli - taken
    return replace(
        line,
        milli=rest,
        amount=line.amount.times(rest, line.milli).rounded(),
        tax=line.tax.times(rest, line.milli).rounded(),
    )


def returned_of(item: Item) -> Returned:
    return Returned(
        line=item.line, original=item.original, original_line=item.original_line, restock=item.restock
    )

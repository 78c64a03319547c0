"""Values of POSLog files: decimals of any precision, times with and without a zone."""

import re
from datetime import date, datetime

from libs.intake import Problem, Unreadable
from libs.money import MalformedAmount, Money
from services.pos_gateway.adapters.poslog_xml import Element
from services.pos_gateway.domain.receipts import Unit

UNITS = {
    "": Unit.PIECE,
    "EA": Unit.PIECE,
    "EACH": Unit.PIECE,
    "PCE": Unit.PIECE,
    "C62": Unit.PIECE,
    "H87": Unit.PIECE,
    "KG": Unit.KILOGRAM,
    "KGM": Unit.KILOGRAM,
    "LTR": Unit.LITRE,
    "L": Unit.LITRE,
    "MTR": Unit.METRE,
    "M": Unit.METRE,
}
"""UN/ECE Recommendation 20, and what tills write instead."""
QUANTITY = re.compile(r"([+-]?)(\d{1,9})(?:\.(\d{1,12}))?", re.ASCII)
FRACTION = re.compile(r"(\.\d{6})\d+")


def money(element: Element, path: str, currency: str, where: str) -> Money | None:
    """None where the element is missing or empty. Tills write two to four decimals."""
    text = element.text(path)
    if not text:
        return None
    try:
        return Money.parse(text, currency)
    except MalformedAmount:
        raise Unreadable([Problem(f"{where}/{path}".rstrip("/"), "must be a decimal amount")]) from None


def quantity(text: str, where: str) -> int:
    """Thousandths; finer quantities are rounded half up, as scales do."""
    found = QUANTITY.fullmatch(text)
    if found is None:
        raise Unreadable([Problem(f"{where}/Quantity", "must be a decimal number")])
    sign, units, decimals = found[1], found[2], (found[3] or "").ljust(4, "0")
    milli = int(units) * 1000 + int(decimals[:3]) + (decimals[3] >= "5")
    return -milli if sign == "-" else milli


def instant(text: str, where: str) -> datetime:
    """Aware when the till states a zone, naive when it does not. Some write seven decimals of a second."""
    try:
        return datetime.fromisoformat(FRACTION.sub(r"\1", text))
    except ValueError:
        raise Unreadable([Problem(where, "must be a time such as 2024-04-01T09:30:00")]) from None


def day(text: str, where: str) -> date:
    """A business day; some tills write a zone behind it."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise Unreadable([Problem(where, "must be a date such as 2024-04-01")]) from None

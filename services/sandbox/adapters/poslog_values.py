"""Values as POSLog files write them."""

from datetime import UTC, datetime

from services.sandbox.domain.amounts import nearest
from services.sandbox.domain.receipts import TenderKind
from services.sandbox.domain.trade import Line, Unit

UNIT_CODES = {Unit.PIECE: "EA", Unit.LITRE: "LTR"}
"""UN/ECE Recommendation 20."""
TENDER_TYPES = {TenderKind.CASH: "Cash", TenderKind.CARD: "CreditDebit"}


def decimal(micros: int, places: int) -> str:
    """Fixed decimals, halves away from zero: ``2.990``."""
    scale = 10**places
    units, fraction = divmod(abs(nearest(micros * scale, 1_000_000)), scale)
    sign = "-" if micros < 0 else ""
    return f"{sign}{units}.{fraction:0{places}d}"


def price(micros: int, places: int) -> str:
    """At least ``places`` decimals, and as many as the price needs."""
    text = decimal(micros, 6)
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(places, '0')}"


def paid_price(line: Line) -> int:
    """What one unit cost after the line's own reductions, to the nearest micro."""
    return nearest(extended_amount(line) * 1000, line.quantity_milli)


def extended_amount(line: Line) -> int:
    """The line's amount after the chain's own reductions; coupons are booked below the lines."""
    return line.gross - line_reductions(line)


def line_reductions(line: Line) -> int:
    return sum(reduction.micros for reduction in line.reductions if reduction.kind == "retail")


def local(at: datetime) -> str:
    """Wall-clock time without a zone, in milliseconds: ``2017-12-23T18:04:11.000``."""
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds")


def zulu(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def zoned(at: datetime) -> str:
    return at.isoformat(timespec="seconds")

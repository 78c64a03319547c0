"""Values of the contracts in words for people."""

from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.money_pb2 import Money

from libs.protos import money_from_proto, timestamp_from_proto
from retailmesh.type.v1 import quantity_pb2

UNITS = {
    quantity_pb2.UNIT_KILOGRAM: " kg",
    quantity_pb2.UNIT_LITRE: " l",
    quantity_pb2.UNIT_METRE: " m",
}


def word(enum: Any, number: int) -> str:
    """``ORDER_STATE_PARTIALLY_SHIPPED`` as ``partially shipped``; what is not stated is empty.

    A number that only a newer contract names comes back as itself.
    """
    if number not in enum.values():
        return str(number)
    prefix = enum.Name(0).removesuffix("UNSPECIFIED")
    name: str = enum.Name(number)
    return "" if number == 0 else name.removeprefix(prefix).replace("_", " ").lower()


def number_of(enum: Any, text: str) -> int | None:
    """The number behind a word, written with spaces, dashes or underscores; None for what is none."""
    prefix = enum.Name(0).removesuffix("UNSPECIFIED")
    name = prefix + text.strip().replace("-", "_").replace(" ", "_").upper()
    return int(enum.Value(name)) if name in enum.keys() else None  # noqa: SIM118 - a wrapper, no mapping


def words(enum: Any) -> list[str]:
    """All words of an enum, as options take them."""
    return [word(enum, number).replace(" ", "-") for number in enum.values() if number]


def money(amount: Money) -> str:
    """``12.99 USD``; empty for an amount that is not there."""
    return str(money_from_proto(amount)) if amount.currency_code else ""


def quantity(amount: quantity_pb2.Quantity) -> str:
    """``2`` pieces, ``0.42 kg``."""
    return milli_text(amount.milli) + UNITS.get(amount.unit, "")


def milli_text(milli: int) -> str:
    whole, rest = divmod(abs(milli), 1000)
    decimals = f".{rest:03d}".rstrip("0") if rest else ""
    return f"{'-' if milli < 0 else ''}{whole}{decimals}"


def instant(owner: Any, field: str) -> datetime | None:
    """The time in a field, None where it is absent."""
    return moment(getattr(owner, field)) if owner.HasField(field) else None


def moment(stamp: Timestamp) -> datetime:
    return timestamp_from_proto(stamp)


def clock(at: datetime) -> str:
    """UTC with milliseconds: two machines' clocks differ by more than that."""
    return at.astimezone(UTC).strftime("%H:%M:%S.") + f"{at.microsecond // 1000:03d}"


def day_and_clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d} {clock(at)[:8]}"


def span(seconds: float) -> str:
    """A length of time with three digits at most: ``35 ms``, ``2.4 s``, ``3 min 5 s``, ``2 h 10 min``."""
    size = abs(seconds)
    sign = "-" if seconds < 0 else ""
    if size < 0.9995:
        return f"{sign}{size * 1000:.0f} ms"
    if size < 60:
        return f"{sign}{size:.1f} s"
    minutes, rest = divmod(round(size), 60)
    if minutes < 60:
        return f"{sign}{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours} h {minutes} min" if hours < 48 else f"{sign}{hours // 24} days"

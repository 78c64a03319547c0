"""Stock as the domain sees it; each argument replaces what a test does not care about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from libs.refusals import Refusal
from services.inventory.domain.book import Book
from services.inventory.domain.commands import (
    Adjust,
    Command,
    Count,
    Counted,
    Expire,
    Issue,
    Line,
    Receive,
    Release,
    Reserve,
)
from services.inventory.domain.decide import decide_one
from services.inventory.domain.levels import Level, Unit
from services.inventory.domain.movements import Bucket, Cause
from services.inventory.domain.outcome import Outcome
from services.inventory.domain.places import Kind, Location, Places, SourcingRule

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

DEFAULT_RULE = SourcingRule("*", "default", True, True, True, False, 0, 1)


def warehouse(location_id: str, region: str = "EAST", *, ships: bool = True) -> Location:
    return Location(location_id, Kind.WAREHOUSE, region, ships, 1)


def store(location_id: str, region: str = "EAST", *, ships: bool = True) -> Location:
    return Location(location_id, Kind.STORE, region, ships, 1)


def places(*locations: Location, **rule: Any) -> Places:
    """The locations, or a warehouse and a store, and the default rule with these fields replaced."""
    return Places(locations or (warehouse("W1"), store("S1")), [DEFAULT_RULE._replace(**rule)])


def pieces(count: int) -> int:
    return count * 1000


def line(line_id: str, sku: str, count: int = 1, unit: Unit = Unit.PIECE) -> Line:
    return Line(line_id, sku, pieces(count), unit)


def at(location_id: str, **stock: int) -> list[Level]:
    """``at("W1", MILK=5)``: levels with that many pieces on hand."""
    return [Level(sku, location_id, Unit.PIECE, pieces(count)) for sku, count in stock.items()]


def order(number: int = 1) -> str:
    return f"00000000-0000-0000-0000-{number:012d}"


def reserve(*lines: Line, order_id: str = order(), **given: Any) -> Reserve:
    usual = {"channel": "web", "region": "EAST", "excluded": frozenset(), "hold_for": timedelta(minutes=15)}
    return Reserve(order_id=order_id, lines=lines, **usual | given)


def release(order_id: str = order(), *line_ids: str, location_id: str = "") -> Release:
    return Release(order_id, frozenset(line_ids), location_id)


def sale(*lines: Line, location_id: str = "S1", reference: str = "receipt-1", **given: Any) -> Issue:
    usual = {"cause": Cause.SALE, "order_id": "", "occurred_at": MONDAY}
    return Issue(source_reference=reference, location_id=location_id, lines=lines, **usual | given)


def shipment(*lines: Line, location_id: str = "W1", order_id: str = order(), **given: Any) -> Issue:
    return sale(*lines, location_id=location_id, cause=Cause.SHIPMENT, order_id=order_id, **given)


def receipt(*lines: Line, location_id: str = "W1", **given: Any) -> Receive:
    usual = {"source_reference": "delivery-1", "cause": Cause.RECEIPT, "occurred_at": MONDAY}
    return Receive(location_id=location_id, lines=lines, **usual | given)


def adjustment(sku: str, count: int, location_id: str = "W1", **given: Any) -> Adjust:
    usual = {"source_reference": "audit-1", "unit": Unit.PIECE, "reason": "", "occurred_at": MONDAY}
    return Adjust(location_id=location_id, sku=sku, difference=pieces(count), **usual | given)


def counted(sku: str, count: int, location_id: str = "W1", safety: int | None = None) -> Counted:
    kept_back = None if safety is None else pieces(safety)
    return Counted(sku, location_id, pieces(count), Unit.PIECE, kept_back)


def count_of(*counts: Counted, counted_at: datetime = MONDAY) -> Count:
    return Count("count-1", counted_at, counts)


def expiry(order_id: str = order()) -> Expire:
    return Expire(order_id)


def carry_out(book: Book, *commands: Command, now: datetime = MONDAY) -> Any:
    """The last command's outcome; raises its refusal."""
    outcome: Outcome | Refusal | None = None
    for command in commands:
        outcome = decide_one(command, book, now)
        if isinstance(outcome, Refusal):
            raise outcome
    return outcome


def on_hand_by_ledger(book: Book, sku: str, location_id: str) -> int:
    """What the movements of a book that began empty add up to."""
    total = 0
    for movement in book.movements:
        if (movement.sku, movement.location_id) == (sku, location_id):
            into = movement.to_bucket is Bucket.ON_HAND
            total += movement.quantity if into else -movement.quantity
    return total

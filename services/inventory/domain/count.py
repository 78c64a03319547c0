"""Levels set to what was seen on the shelves at one instant."""

from datetime import datetime

from services.inventory.domain.answers import CountDone
from services.inventory.domain.book import Book, duplicate
from services.inventory.domain.commands import Count, Counted
from services.inventory.domain.displace import displace, told
from services.inventory.domain.events import StockChanged
from services.inventory.domain.levels import Level
from services.inventory.domain.movements import Bucket, Cause
from services.inventory.domain.outcome import Outcome

LEVELS_PER_EVENT = 500
"""Keeps an event of a whole store's count far below the broker's largest message."""


def count(book: Book, command: Count, now: datetime) -> Outcome:
    """Set levels to the counts plus what moved after them; all of the counts or none.

    Raises `LocationUnknown`, `DuplicateLine`, `UnitMismatch`.
    """
    check(book, command)
    touched: dict[Level, None] = {}
    for counted in command.counts:
        level = book.level(counted.sku, counted.location_id)
        if apply(book, command, counted, level):
            touched[level] = None
    displaced = displace(book, touched)
    levels = book.stamp(touched)
    events = [
        StockChanged(
            command.source_reference, Cause.COUNT, levels[at : at + LEVELS_PER_EVENT], command.counted_at
        )
        for at in range(0, len(levels), LEVELS_PER_EVENT)
    ]
    answer = CountDone(len(touched), len(command.counts) - len(touched), tuple(displaced))
    return Outcome(answer, (*events, *told(displaced, command.source_reference, levels)))


def check(book: Book, command: Count) -> None:
    for location_id in {counted.location_id for counted in command.counts}:
        book.check_location(location_id)
    keys = [(counted.sku, counted.location_id) for counted in command.counts]
    if len(set(keys)) < len(keys):
        raise duplicate(f"{sku} at {location_id}" for sku, location_id in keys)
    for counted in command.counts:
        book.check_unit(counted.sku, counted.unit)


def apply(book: Book, command: Count, counted: Counted, level: Level) -> bool:
    """Whether anything changed; a later count knows better than this one."""
    if level.counted_at is not None and command.counted_at < level.counted_at:
        return False
    there_now = max(0, counted.quantity + book.moved_since.get(level.key, 0))
    difference = there_now - level.on_hand
    source = command.source_reference, command.counted_at
    if difference > 0:
        book.move_in(level, difference, Cause.COUNT, Bucket.DISCREPANCY, *source)
    elif difference < 0:
        book.move_out(level, -difference, Cause.COUNT, Bucket.DISCREPANCY, *source)
    kept_back = level.safety_stock if counted.safety_stock is None else counted.safety_stock
    changed = difference != 0 or kept_back != level.safety_stock
    book.note_count(level, command.counted_at, kept_back)
    return changed

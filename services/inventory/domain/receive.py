"""Goods that came in."""

from datetime import datetime

from services.inventory.domain.answers import Received
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Receive
from services.inventory.domain.events import StockChanged
from services.inventory.domain.levels import Level
from services.inventory.domain.movements import SUPPLIED_FROM
from services.inventory.domain.outcome import Outcome


def receive(book: Book, command: Receive, now: datetime) -> Outcome:
    """Raises `LocationUnknown`, `DuplicateLine`, `UnitMismatch`."""
    book.check_location(command.location_id)
    book.check(command.lines)
    touched: dict[Level, None] = {}
    for line in command.lines:
        level = book.level(line.sku, command.location_id)
        touched[level] = None
        book.move_in(
            level,
            line.quantity,
            command.cause,
            SUPPLIED_FROM[command.cause],
            command.source_reference,
            command.occurred_at,
        )
    levels = book.stamp(touched)
    event = StockChanged(command.source_reference, command.cause, levels, command.occurred_at)
    return Outcome(Received(levels), (event,))

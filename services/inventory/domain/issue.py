"""Goods that went out: a fact, which the ledger has to follow whatever it believed before."""

from datetime import datetime

from services.inventory.domain.answers import Issued
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Adjust, Issue, Line
from services.inventory.domain.displace import displace, told
from services.inventory.domain.events import StockChanged, StockEvent, StockIssued
from services.inventory.domain.levels import Level
from services.inventory.domain.movements import Bucket, Cause
from services.inventory.domain.outcome import Outcome
from services.inventory.domain.reservations import Reservation, Shortage, State, Step


def issue(book: Book, command: Issue, now: datetime) -> Outcome:
    """Take goods out, fulfil the order's promises, and take back promises that cannot be kept any more.

    Raises `LocationUnknown`, `DuplicateLine`, `UnitMismatch`; never refuses for lack of stock.
    """
    book.check_location(command.location_id)
    book.check(command.lines)
    touched: dict[Level, None] = {}
    discrepancies = []
    for line in command.lines:
        level = book.level(line.sku, command.location_id)
        touched[level] = None
        gap = book.move_out(
            level,
            line.quantity,
            command.cause,
            Bucket.CUSTOMER,
            command.source_reference,
            command.occurred_at,
        )
        if gap:
            discrepancies.append(Shortage(line.line_id, line.sku, gap, line.unit))
        if command.order_id:
            touched.update(dict.fromkeys(fulfil(book, command, line)))
    displaced = displace(book, list(touched))
    levels = book.stamp(touched)
    event = StockIssued(
        command.source_reference,
        command.location_id,
        command.cause,
        tuple(discrepancies),
        levels,
        command.occurred_at,
    )
    events: tuple[StockEvent, ...] = (event, *told(displaced, command.source_reference, levels))
    return Outcome(Issued(tuple(discrepancies), tuple(displaced)), events)


def fulfil(book: Book, command: Issue, line: Line) -> list[Level]:
    """Close the line's promises: those at the place that sent, and for what they lack those elsewhere."""
    promised = [
        it for it in book.of_order(command.order_id) if it.line_id == line.line_id and it.sku == line.sku
    ]
    place, rest = command.location_id, line.quantity
    touched = []
    # The order service reduces what it believes in the same sequence, so the two go on agreeing.
    for reservation in sorted(promised, key=lambda it: (it.location_id != place, it.location_id)):
        if reservation.state is State.EXPIRED:
            reservation.take(Step.RELEASE)
        elif reservation.is_open and rest:
            step = Step.CONSUME if reservation.location_id == place else Step.RELEASE
            used = min(rest, reservation.quantity)
            touched.append(settle(book, reservation, used, step))
            rest -= used
    return touched


def settle(book: Book, reservation: Reservation, quantity: int, step: Step) -> Level:
    if quantity == reservation.quantity:
        return book.close(reservation, step)
    level = book.level(*reservation.level_key)
    level.reserved -= quantity
    reservation.reduce(quantity)
    return level


def adjust(book: Book, command: Adjust, now: datetime) -> Outcome:
    """A person's correction. Raises `LocationUnknown`, `UnitMismatch`."""
    book.check_location(command.location_id)
    book.check_unit(command.sku, command.unit)
    level = book.level(command.sku, command.location_id)
    quantity, cause = abs(command.difference), Cause.ADJUSTMENT
    source = command.source_reference, command.occurred_at, command.reason
    gap = 0
    if command.difference > 0:
        book.move_in(level, quantity, cause, Bucket.DISCREPANCY, *source)
    else:
        gap = book.move_out(level, quantity, cause, Bucket.LOSS, *source)
    displaced = displace(book, [level])
    levels = book.stamp({level: None})
    discrepancies = (Shortage("", command.sku, gap, command.unit),) if gap else ()
    event = StockChanged(command.source_reference, cause, levels, command.occurred_at, discrepancies)
    events: tuple[StockEvent, ...] = (event, *told(displaced, command.source_reference, levels))
    return Outcome(Issued(discrepancies, tuple(displaced)), events)

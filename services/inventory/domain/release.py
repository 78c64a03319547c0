"""Giving promised stock back."""

from collections.abc import Iterable
from datetime import datetime

from services.inventory.domain.answers import Released
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Expire, Release
from services.inventory.domain.events import StockReleased
from services.inventory.domain.outcome import Outcome
from services.inventory.domain.reservations import Reservation, State, Step


def release(book: Book, command: Release, now: datetime) -> Outcome:
    """Give back what is still promised. What expired is forgotten too, so that no late record revives it."""
    lines, place = command.line_ids, command.location_id
    meant = [
        it
        for it in book.of_order(command.order_id)
        if (not lines or it.line_id in lines) and (not place or it.location_id == place)
    ]
    for reservation in meant:
        if reservation.state is State.EXPIRED:
            reservation.take(Step.RELEASE)
    return give_back(book, command.order_id, [it for it in meant if it.is_open], Step.RELEASE)


def expire(book: Book, command: Expire, now: datetime) -> Outcome:
    held = [it for it in book.of_order(command.order_id) if it.is_open]
    return give_back(book, command.order_id, held, Step.EXPIRE)


def give_back(book: Book, order_id: str, held: Iterable[Reservation], step: Step) -> Outcome:
    closed = list(held)
    if not closed:
        return Outcome(Released(()))
    allocations = tuple(book.allocation_of(reservation) for reservation in closed)
    levels = book.stamp(dict.fromkeys([book.close(reservation, step) for reservation in closed]))
    event = StockReleased(order_id, allocations, closed[0].state, levels)
    return Outcome(Released(allocations), (event,))

"""Promising stock to orders."""

from datetime import datetime

from services.inventory.domain.answers import Reserved
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Reinstate, Reserve
from services.inventory.domain.events import ReservationDisplaced, StockReserved
from services.inventory.domain.levels import Level
from services.inventory.domain.outcome import Outcome
from services.inventory.domain.reservations import Allocation, Reservation, State, Step
from services.inventory.domain.sourcing import source


def reserve(book: Book, command: Reserve, now: datetime) -> Outcome:
    """Promise what sourcing finds; what it does not find is a shortage in the answer, never a refusal.

    Raises `DuplicateLine`, `UnitMismatch`.
    """
    order_id = command.order_id
    book.check(command.lines)
    touched: dict[Level, None] = {}
    if command.replace:
        touched.update(dict.fromkeys(give_back(book, command)))
    ranking = book.places.ranking(command.channel, command.region)
    sourced = source(command.lines, ranking, book.stock, command.excluded)
    for line_id, sku, location_id, quantity, _ in sourced.allocations:
        touched[book.promise(order_id, line_id, sku, location_id, quantity, now)] = None
    if not touched:
        return Outcome(Reserved(order_id, (), sourced.shortages, sourced.explanation, None))
    expires_at = book.hold(order_id, now + command.hold_for) if sourced.allocations else None
    event = StockReserved(order_id, sourced.allocations, sourced.shortages, book.stamp(touched))
    answer = Reserved(order_id, sourced.allocations, sourced.shortages, sourced.explanation, expires_at)
    return Outcome(answer, (event,))


def give_back(book: Book, command: Reserve) -> list[Level]:
    line_ids = {line.line_id for line in command.lines}
    held = [it for it in book.of_order(command.order_id) if it.is_open and it.line_id in line_ids]
    return [book.close(reservation, Step.RELEASE) for reservation in held]


def reinstate(book: Book, command: Reinstate, now: datetime) -> Outcome:
    """Promise again, at the same locations, what expired before the order's record arrived.

    What is no longer there is displaced, so that the order is sourced again.
    """
    wanted = {(it.line_id, it.sku, it.location_id) for it in command.wanted}
    expired = [
        it for it in book.of_order(command.order_id) if it.state is State.EXPIRED and it.key[1:] in wanted
    ]
    touched: dict[Level, None] = {}
    kept: list[Allocation] = []
    lost: list[Reservation] = []
    for reservation in expired:
        level = book.level(*reservation.level_key)
        if level.available < reservation.quantity:
            reservation.take(Step.DISPLACE)
            lost.append(reservation)
            continue
        touched[book.promise(*reservation.key, reservation.quantity, now)] = None
        kept.append(book.allocation_of(reservation))
    answer = Reserved(command.order_id, tuple(kept), (), None, None)
    levels = book.stamp(touched)
    reserved = (StockReserved(command.order_id, tuple(kept), (), levels),) if kept else ()
    displaced = tuple(book.state_of(reservation) for reservation in lost)
    gone = (ReservationDisplaced(command.order_id, displaced, command.order_id, levels),) if lost else ()
    return Outcome(answer, (*reserved, *gone))

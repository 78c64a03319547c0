"""Taking promises back when the goods are not there."""

from collections.abc import Iterable

from services.inventory.domain.book import Book
from services.inventory.domain.events import ReservationDisplaced
from services.inventory.domain.levels import Level, LevelState
from services.inventory.domain.reservations import ReservationState, Step


def displace(book: Book, levels: Iterable[Level]) -> list[ReservationState]:
    """Take the newest promises back, whole ones, until what is left can be kept."""
    displaced = []
    for level in levels:
        if level.reserved <= level.on_hand:
            continue
        for reservation in book.newest_open_at(level.key):
            book.close(reservation, Step.DISPLACE)
            displaced.append(book.state_of(reservation))
            if level.reserved <= level.on_hand:
                break
        else:
            raise LookupError(f"promises at {level.key} were not read")
    return displaced


def told(
    displaced: Iterable[ReservationState], reference: str, levels: Iterable[LevelState]
) -> list[ReservationDisplaced]:
    """One event for each order that lost something, with the levels it lost it from."""
    lost: dict[str, list[ReservationState]] = {}
    for reservation in displaced:
        lost.setdefault(reservation.order_id, []).append(reservation)
    by_key = {(level.sku, level.location_id): level for level in levels}
    return [
        ReservationDisplaced(order_id, tuple(of_order), reference, levels_of(of_order, by_key))
        for order_id, of_order in lost.items()
    ]


def levels_of(
    reservations: Iterable[ReservationState], by_key: dict[tuple[str, str], LevelState]
) -> tuple[LevelState, ...]:
    return tuple(by_key[key] for key in dict.fromkeys((it.sku, it.location_id) for it in reservations))

"""The stock that one batch of commands may touch, and everything the batch does to it."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from services.inventory.domain.levels import Key, Level, LevelState, Unit
from services.inventory.domain.movements import Bucket, Cause, Movement
from services.inventory.domain.places import Places
from services.inventory.domain.refusals import DuplicateLine, LocationUnknown, UnitMismatch
from services.inventory.domain.reservations import (
    Allocation,
    Reservation,
    ReservationKey,
    ReservationState,
    State,
    Step,
)


class Book:
    """Levels and reservations as read under lock; commands change them in memory, the store writes them back.

    A command first checks everything that can refuse it, so a refused one leaves no trace. ``moved_since`` is
    what the ledger knows to have moved after a count, for the levels that are counted.
    """

    def __init__(
        self,
        places: Places,
        levels: Iterable[Level],
        reservations: Iterable[Reservation] = (),
        moved_since: Mapping[Key, int] | None = None,
    ) -> None:
        self.places = places
        self.moved_since = moved_since or {}
        self.stock: dict[str, dict[str, Level]] = {}
        self.units: dict[str, Unit] = {}
        self.reservations: dict[ReservationKey, Reservation] = {}
        self._of_order: dict[str, list[Reservation]] = {}
        self._of_level: dict[Key, list[Reservation]] = {}
        self.movements: list[Movement] = []
        self.holds: dict[str, datetime] = {}
        self.changed: dict[Level, None] = {}
        self.only_promised = True
        """False once anything of a level but its promises has changed."""
        for level in levels:
            self.stock.setdefault(level.location_id, {})[level.sku] = level
            self.units[level.sku] = level.unit
        for reservation in reservations:
            # One that belongs to an order of the batch may also be among the newest of its level.
            if reservation.key not in self.reservations:
                self._know(reservation)

    # ---- levels

    def check(self, lines: Collection[tuple[str, str, int, Unit]]) -> None:
        """Raises `DuplicateLine` or `UnitMismatch`."""
        if len({line[0] for line in lines}) < len(lines):
            raise duplicate(line[0] for line in lines)
        for _, sku, _, unit in lines:
            self.check_unit(sku, unit)

    def check_unit(self, sku: str, unit: Unit) -> None:
        """A product never seen has no unit yet, and anyone's will do."""
        known = self.units.get(sku)
        if known is not None and known is not unit:
            message = f"{sku} is stocked in {known.name.lower()}, not in {unit.name.lower()}"
            raise UnitMismatch(message, sku=sku, unit=known.name)

    def check_location(self, location_id: str) -> None:
        if location_id not in self.places:
            raise LocationUnknown(f"no location {location_id!r}", location_id=location_id)

    def level(self, sku: str, location_id: str) -> Level:
        """Raises KeyError for a level outside the batch: the store makes missing ones before it locks."""
        return self.stock[location_id][sku]

    def stamp(self, levels: Mapping[Level, None]) -> tuple[LevelState, ...]:
        """Close a command: each level it touched gets its next version."""
        states = []
        for level in levels:
            level.version += 1
            self.changed[level] = None
            states.append(level.state())
        return tuple(states)

    def note_count(self, level: Level, counted_at: datetime, safety_stock: int) -> None:
        self.only_promised = False
        level.counted_at = counted_at
        level.safety_stock = safety_stock
        self.changed[level] = None

    # ---- the ledger

    def move_in(
        self,
        level: Level,
        quantity: int,
        cause: Cause,
        origin: Bucket,
        reference: str,
        occurred_at: datetime,
        reason: str = "",
    ) -> None:
        """Add to what is on hand. Goods that a count has already seen are taken off the books again."""
        self._move(level, origin, Bucket.ON_HAND, quantity, cause, reference, occurred_at, reason)
        if cause is not Cause.COUNT and level.has_counted(occurred_at):
            self._explain(level, -quantity, reference, occurred_at)

    def move_out(
        self,
        level: Level,
        quantity: int,
        cause: Cause,
        destination: Bucket,
        reference: str,
        occurred_at: datetime,
        reason: str = "",
    ) -> int:
        """Take from what is on hand; answers how much the ledger did not know of and had to find first."""
        counted = cause is not Cause.COUNT and level.has_counted(occurred_at)
        gap = quantity if counted else max(0, quantity - level.on_hand)
        if gap:
            self._explain(level, gap, reference, occurred_at)
        self._move(level, Bucket.ON_HAND, destination, quantity, cause, reference, occurred_at, reason)
        return 0 if counted else gap

    def _explain(self, level: Level, difference: int, reference: str, occurred_at: datetime) -> None:
        if difference > 0:
            route = Bucket.DISCREPANCY, Bucket.ON_HAND
        else:
            route = Bucket.ON_HAND, Bucket.DISCREPANCY
        self._move(level, *route, abs(difference), Cause.UNEXPLAINED, reference, occurred_at)

    def _move(
        self,
        level: Level,
        origin: Bucket,
        destination: Bucket,
        quantity: int,
        cause: Cause,
        reference: str,
        occurred_at: datetime,
        reason: str = "",
    ) -> None:
        self.only_promised = False
        level.on_hand += quantity if destination is Bucket.ON_HAND else -quantity
        self.movements.append(
            Movement(
                level.sku,
                level.location_id,
                origin,
                destination,
                quantity,
                cause,
                reference,
                occurred_at,
                reason,
            )
        )

    # ---- promises

    def promise(
        self, order_id: str, line_id: str, sku: str, location_id: str, quantity: int, now: datetime
    ) -> Level:
        """Promise what is available; a second promise to the same line from the same location adds up."""
        level = self.stock[location_id][sku]
        level.reserved += quantity
        known = self.reservations.get((order_id, line_id, sku, location_id))
        if known is None:
            self._know(
                Reservation(order_id, line_id, sku, location_id, quantity, State.OPEN, now, loaded=False)
            )
            return level
        known.quantity = known.quantity + quantity if known.is_open else quantity
        known.take(Step.PROMISE)
        known.reserved_at = now
        return level

    def hold(self, order_id: str, until: datetime) -> datetime:
        """Promises of an order lapse together, with the latest of them."""
        self.holds[order_id] = max(until, self.holds.get(order_id, until))
        return until

    def close(self, reservation: Reservation, step: Step) -> Level:
        """End an open promise."""
        level = self.level(*reservation.level_key)
        level.reserved -= reservation.quantity
        reservation.take(step)
        return level

    def of_order(self, order_id: str) -> list[Reservation]:
        return self._of_order.get(order_id, [])

    def newest_open_at(self, key: Key) -> list[Reservation]:
        """The newest first; equal instants in the order of ids, so that a decision can be repeated."""
        there = [it for it in self._of_level.get(key, ()) if it.is_open]
        return sorted(there, key=lambda it: (it.reserved_at, it.key), reverse=True)

    def state_of(self, reservation: Reservation) -> ReservationState:
        return ReservationState(
            *reservation.key, reservation.quantity, self.units[reservation.sku], reservation.state
        )

    def allocation_of(self, reservation: Reservation) -> Allocation:
        return Allocation(*reservation.key[1:], reservation.quantity, self.units[reservation.sku])

    def _know(self, reservation: Reservation) -> None:
        self.reservations[reservation.key] = reservation
        self._of_order.setdefault(reservation.order_id, []).append(reservation)
        self._of_level.setdefault(reservation.level_key, []).append(reservation)


def duplicate(line_ids: Iterable[str]) -> DuplicateLine:
    seen: set[str] = set()
    for line_id in line_ids:
        if line_id in seen:
            break
        seen.add(line_id)
    return DuplicateLine(f"line {line_id!r} stands twice", line_id=line_id)

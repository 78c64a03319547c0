"""What a command answers its caller."""

from datetime import datetime
from typing import NamedTuple

from services.inventory.domain.levels import LevelState
from services.inventory.domain.places import Explanation
from services.inventory.domain.reservations import Allocation, ReservationState, Shortage


class Reserved(NamedTuple):
    """``expires_at`` is None when nothing was promised; ``explanation`` is None when nothing was sourced."""

    order_id: str
    allocations: tuple[Allocation, ...]
    shortages: tuple[Shortage, ...]
    explanation: Explanation | None
    expires_at: datetime | None


class Released(NamedTuple):
    allocations: tuple[Allocation, ...]


class Issued(NamedTuple):
    """What was missing in the ledger, and which promises to other orders fell."""

    discrepancies: tuple[Shortage, ...]
    displaced: tuple[ReservationState, ...]


class Received(NamedTuple):
    levels: tuple[LevelState, ...]


class CountDone(NamedTuple):
    changed: int
    unchanged: int
    displaced: tuple[ReservationState, ...]


Answer = Reserved | Released | Issued | Received | CountDone

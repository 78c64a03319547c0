"""What happened to stock, for others to know; each becomes one event."""

from datetime import datetime
from typing import NamedTuple

from services.inventory.domain.levels import LevelState
from services.inventory.domain.movements import Cause
from services.inventory.domain.reservations import Allocation, ReservationState, Shortage, State


class StockReserved(NamedTuple):
    order_id: str
    allocations: tuple[Allocation, ...]
    shortages: tuple[Shortage, ...]
    levels: tuple[LevelState, ...]


class StockReleased(NamedTuple):
    """``state`` is RELEASED or EXPIRED."""

    order_id: str
    allocations: tuple[Allocation, ...]
    state: State
    levels: tuple[LevelState, ...]


class StockIssued(NamedTuple):
    source_reference: str
    location_id: str
    cause: Cause
    discrepancies: tuple[Shortage, ...]
    levels: tuple[LevelState, ...]
    occurred_at: datetime


class StockChanged(NamedTuple):
    source_reference: str
    cause: Cause
    levels: tuple[LevelState, ...]
    occurred_at: datetime
    discrepancies: tuple[Shortage, ...] = ()


class ReservationDisplaced(NamedTuple):
    order_id: str
    reservations: tuple[ReservationState, ...]
    source_reference: str
    levels: tuple[LevelState, ...]


StockEvent = StockReserved | StockReleased | StockIssued | StockChanged | ReservationDisplaced

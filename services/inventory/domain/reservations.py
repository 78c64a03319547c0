"""Promises of stock to order lines, and what may become of them."""

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from services.inventory.domain.levels import Key, Unit


class State(IntEnum):
    """OPEN is tentative or firm in the contract: that is a fact of the order, kept once beside it."""

    OPEN = 1
    RELEASED = 3
    CONSUMED = 4
    EXPIRED = 5
    DISPLACED = 6


class Step(IntEnum):
    PROMISE = 1
    RELEASE = 2
    CONSUME = 3
    EXPIRE = 4
    DISPLACE = 5


NEXT: Mapping[tuple[State, Step], State] = {
    (State.OPEN, Step.PROMISE): State.OPEN,
    (State.OPEN, Step.RELEASE): State.RELEASED,
    (State.OPEN, Step.CONSUME): State.CONSUMED,
    (State.OPEN, Step.EXPIRE): State.EXPIRED,
    (State.OPEN, Step.DISPLACE): State.DISPLACED,
    # An order recorded after its promise expired gets it again if it can, and else learns that it is gone.
    (State.EXPIRED, Step.PROMISE): State.OPEN,
    (State.EXPIRED, Step.DISPLACE): State.DISPLACED,
    # Whoever released it does not want it back.
    (State.EXPIRED, Step.RELEASE): State.RELEASED,
    (State.RELEASED, Step.PROMISE): State.OPEN,
    (State.CONSUMED, Step.PROMISE): State.OPEN,
    (State.DISPLACED, Step.PROMISE): State.OPEN,
}

ReservationKey = tuple[str, str, str, str]
"""Order id, line id, SKU, location id."""


class Allocation(NamedTuple):
    """A quantity of an order line and the location that supplies it."""

    line_id: str
    sku: str
    location_id: str
    quantity: int
    unit: Unit


class Shortage(NamedTuple):
    """A quantity of a line that is not there."""

    line_id: str
    sku: str
    quantity: int
    unit: Unit


class ReservationState(NamedTuple):
    """A reservation as it was after one command."""

    order_id: str
    line_id: str
    sku: str
    location_id: str
    quantity: int
    unit: Unit
    state: State


class Reservation:
    """What one location promises to one order line, while a batch of commands works on it.

    ``quantity`` is what is promised while OPEN, and what was promised last afterwards. ``loaded`` is False
    for a promise whose earlier row, if there is one, was not read: it then counts on top of an open row.
    """

    __slots__ = (
        "changed",
        "line_id",
        "loaded",
        "location_id",
        "order_id",
        "quantity",
        "reserved_at",
        "sku",
        "state",
    )

    def __init__(
        self,
        order_id: str,
        line_id: str,
        sku: str,
        location_id: str,
        quantity: int,
        state: State,
        reserved_at: datetime,
        loaded: bool = True,
    ) -> None:
        self.order_id = order_id
        self.line_id = line_id
        self.sku = sku
        self.location_id = location_id
        self.quantity = quantity
        self.state = state
        self.reserved_at = reserved_at
        self.loaded = loaded
        self.changed = not loaded

    @property
    def key(self) -> ReservationKey:
        return self.order_id, self.line_id, self.sku, self.location_id

    @property
    def level_key(self) -> Key:
        return self.sku, self.location_id

    @property
    def is_open(self) -> bool:
        return self.state is State.OPEN

    def take(self, step: Step) -> None:
        """Raises KeyError for a step that the state does not allow: callers choose by state."""
        self.state = NEXT[self.state, step]
        self.changed = True

    def reduce(self, quantity: int) -> None:
        """Promise less, and something still."""
        if not 0 < quantity < self.quantity:
            raise ValueError("a promise is reduced by a part of it")
        self.quantity -= quantity
        self.changed = True

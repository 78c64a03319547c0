"""What inventory can be told to do. Tuples: a bulk of orders makes tens of thousands of them a second."""

from datetime import datetime, timedelta
from typing import NamedTuple

from services.inventory.domain.levels import Unit
from services.inventory.domain.movements import Cause
from services.inventory.domain.reservations import Allocation


class Line(NamedTuple):
    line_id: str
    sku: str
    quantity: int
    unit: Unit


class Reserve(NamedTuple):
    """Source and promise stock; ``replace`` gives back first what these lines have reserved so far."""

    order_id: str
    channel: str
    region: str
    lines: tuple[Line, ...]
    excluded: frozenset[str]
    hold_for: timedelta
    replace: bool = False


class Release(NamedTuple):
    """Give back promises: of these lines, or of all when there are none; at one location, or everywhere."""

    order_id: str
    line_ids: frozenset[str] = frozenset()
    location_id: str = ""


class Issue(NamedTuple):
    """Goods that went out; with an order they fulfil its promises."""

    source_reference: str
    location_id: str
    cause: Cause
    order_id: str
    lines: tuple[Line, ...]
    occurred_at: datetime


class Receive(NamedTuple):
    """Goods that came in."""

    source_reference: str
    location_id: str
    cause: Cause
    lines: tuple[Line, ...]
    occurred_at: datetime


class Adjust(NamedTuple):
    """A person's correction by ``difference``, which is never zero."""

    source_reference: str
    location_id: str
    sku: str
    difference: int
    unit: Unit
    reason: str
    occurred_at: datetime


class Counted(NamedTuple):
    """``safety_stock`` None leaves it as it is."""

    sku: str
    location_id: str
    quantity: int
    unit: Unit
    safety_stock: int | None


class Count(NamedTuple):
    """Shelves as seen at ``counted_at``."""

    source_reference: str
    counted_at: datetime
    counts: tuple[Counted, ...]


class Expire(NamedTuple):
    """Give back what was promised to an order that nobody recorded in time."""

    order_id: str


class Reinstate(NamedTuple):
    """Promise again what expired before the order's record arrived; the order believes to have ``wanted``."""

    order_id: str
    wanted: tuple[Allocation, ...]


Command = Reserve | Release | Issue | Receive | Adjust | Count | Expire | Reinstate

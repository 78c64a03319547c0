"""What the order service asks of inventory and what it is told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid5

INSTRUCTIONS = UUID("0b6f5f0e-6d0a-5a51-8f0a-2d6a3b1c7e94")


class Goods(NamedTuple):
    """A quantity of one order line; ``milli`` thousandths of ``unit``, always positive."""

    line_id: str
    sku: str
    milli: int
    unit: int


class Allocation(NamedTuple):
    """A quantity of one order line promised from one location."""

    line_id: str
    sku: str
    location_id: str
    milli: int
    unit: int


class Promise(NamedTuple):
    """Inventory's answer to a reservation. What it could not promise are ``shortages``."""

    allocations: tuple[Allocation, ...]
    shortages: tuple[Goods, ...]
    explanation: bytes
    """Why it was sourced so, as inventory wrote it."""


NOTHING_PROMISED = Promise((), (), b"")


class Article(NamedTuple):
    """What an order must know of a product."""

    unit: int
    stocked: bool


class Reservation(NamedTuple):
    """Goods wanted for one order. Until the order is recorded, the promise lapses by itself."""

    request_id: str
    order_id: str
    channel: str
    region: str
    goods: Sequence[Goods]
    excluded_location_ids: Sequence[str] = ()
    traceparent: str = ""
    """The order's trace; it is no part of what is asked."""


# Instructions are recorded with the change of the order that calls for them and carried out after its commit,
# in turn for each order, and again under the same request id until inventory has answered: a crash at any
# moment leaves inventory and the order to agree in the end.


@dataclass(frozen=True, slots=True)
class Issue:
    """Goods left a location: sold at its till, or sent for an order whose promises they fulfil."""

    request_id: str
    order_id: str
    location_id: str
    is_sale: bool
    goods: tuple[Goods, ...]
    occurred_at: datetime
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Goods came back to a location. ``order_id`` is empty for a return without its order."""

    request_id: str
    order_id: str
    source_reference: str
    location_id: str
    goods: tuple[Goods, ...]
    occurred_at: datetime
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """Promises of an order are no longer needed: all, or those of some lines, or those of one location."""

    request_id: str
    order_id: str
    line_ids: tuple[str, ...] = ()
    location_id: str = ""
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Goods of a recorded order look for a location that promises them; ``cause`` says why, in a sentence."""

    reservation: Reservation
    cause: str

    @property
    def order_id(self) -> str:
        return self.reservation.order_id

    @property
    def request_id(self) -> str:
        return self.reservation.request_id


Instruction = Issue | Receipt | Release | Source


def request_id_of(*parts: str) -> str:
    """The same parts make the same request id, so whoever repeats an instruction repeats no effect."""
    return str(uuid5(INSTRUCTIONS, "\n".join(parts)))

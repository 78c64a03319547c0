"""What the use cases need from outside; the adapters provide it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from libs.refusals import Refusal
from services.order.domain.events import OrderEvent
from services.order.domain.new_order import NewOrder
from services.order.domain.order import Order
from services.order.domain.placing import Placed, PlaceOrder, Recorded
from services.order.domain.returns import Return
from services.order.domain.shipments import Shipment
from services.order.domain.stock import Article, Instruction, Issue, Promise, Receipt, Release, Reservation

T = TypeVar("T")

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Call:
    """A mutation asked for: its repeat has the same ``request_id`` and the same ``digest`` of the body."""

    rpc: str
    request_id: str
    digest: bytes


class Pending(NamedTuple):
    """An instruction that inventory has not answered yet."""

    position: int
    subject: str
    instruction: Instruction
    traceparent: str


class Known(NamedTuple):
    """What is recorded of the orders and request ids of a batch."""

    by_order: Mapping[str, Recorded]
    by_request: Mapping[str, Recorded]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which orders are asked for; empty fields do not restrict."""

    states: tuple[int, ...] = ()
    kind: int = 0
    channel: str = ""
    placed_from: datetime | None = None
    placed_before: datetime | None = None


class ListedOrder(NamedTuple):
    """An order in few words; amounts in micros. ``places`` counts the locations that supply it.

    ``called_off`` is False for an order that was cancelled by giving back one line after the other.
    """

    position: int
    order_id: str
    channel: str
    channel_order_id: str
    kind: int
    state: int
    hold_reasons: Sequence[int]
    currency: str
    total: int
    refunded: int
    places: int
    placed_at: datetime
    document: bytes
    called_off: bool


class ListedReturn(NamedTuple):
    channel: str
    return_id: str
    document: bytes


class ListedEvent(NamedTuple):
    event_id: str
    type: str
    time: datetime
    traceparent: str
    payload: bytes
    published_at: datetime | None


class OrderCount(NamedTuple):
    """``hold_reason`` is the first one; 0 stands for none."""

    kind: int
    state: int
    hold_reason: int
    refusal_reason: int
    orders: int


class Counts(NamedTuple):
    counts: Sequence[OrderCount]
    split_orders: int
    returns: int


class Transaction(Protocol):
    """One database transaction. Every method is a fixed number of statements, whatever it is given."""

    async def add_orders(self, placed: Sequence[Placed]) -> set[str]:
        """Record new orders; gives the ids of those that nobody had recorded before."""

    async def announce_orders(self, placed: Sequence[Placed]) -> None:
        """Publish that the orders were placed, if and only if the transaction commits."""

    async def recall(self, call: Call) -> bytes | None:
        """The answer this call got before. Raises `RequestIdReused`."""

    async def answer(self, call: Call, order: Order | None) -> bytes:
        """Keep the answer for repeats and give it, serialised."""

    async def amend_answer(self, call: Call, order: Order) -> bytes:
        """Have repeats answered with what became of the order after the call's transaction."""

    async def lock_orders(self, order_ids: Collection[str]) -> dict[str, Order]:
        """The orders as they are, changed by nobody else until the end; unknown ones are left out."""

    async def save_orders(self, orders: Sequence[Order]) -> None: ...

    async def find_shipment(self, order_id: str, shipment_id: str) -> bytes | None:
        """The digest of the shipment, if it is recorded."""

    async def add_shipment(self, order_id: str, shipment: Shipment) -> None: ...

    async def find_return(self, channel: str, return_id: str) -> tuple[str, bytes] | None:
        """The order id, empty without one, and the digest of the return, if it is recorded."""

    async def add_return(self, order_id: str, returned: Return) -> bool:
        """False when another transaction has recorded the return first."""

    async def instruct(self, instructions: Sequence[Instruction], traceparents: Sequence[str] = ()) -> None:
        """Have inventory told after the commit, in this order. An instruction that waits is not doubled.

        They belong to the current trace unless that of each is given.
        """

    async def forget_instructions(self, positions: Collection[int]) -> set[int]:
        """They are carried out; gives those that nobody else has reported so before."""

    async def record(self, events: Sequence[OrderEvent], traceparents: Sequence[str] = ()) -> None:
        """Publish ``events`` if and only if the transaction commits.

        They belong to the current trace unless that of each is given.
        """

    async def find_short_orders(self, skus: Collection[str], limit: int) -> list[str]:
        """The oldest orders with lines of these products that wait for stock and are not being sourced."""


class Store(Protocol):
    """Orders as kept."""

    async def in_transaction(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Commits when ``work`` returns, rolls back when it raises; runs it again when another transaction
        was in the way."""

    async def find_placings(self, commands: Sequence[PlaceOrder]) -> Known:
        """What is recorded under the commands' order ids and request ids."""

    async def find_order(self, order_id: str) -> Order | None: ...

    async def find_short_skus(self, after: str, limit: int) -> list[str]:
        """Products that order lines wait for, sorted, beginning behind ``after``."""

    async def find_instructions(self, subjects: Collection[str]) -> list[Pending]:
        """The first instruction of each of these subjects that has one."""

    async def find_due_instructions(self, limit: int) -> list[Pending]:
        """The first instructions of subjects, those that are due, oldest first."""

    async def postpone(self, failures: Mapping[int, str]) -> None:
        """Note why the instructions at these positions failed; they are due again later, ever more so."""

    async def forget_before(self, answers: datetime, notes: datetime, limit: int) -> int:
        """Drop answers to calls and notes of events that are older, ``limit`` of each; gives how many."""


class Reads(Protocol):
    """Questions that change nothing and lock nothing."""

    async def list_orders(self, wanted: Wanted, after: int, limit: int) -> Sequence[ListedOrder]:
        """In the order in which they were recorded, beginning behind position ``after``."""

    async def list_unlinked_returns(
        self, channel: str, after: tuple[str, str], limit: int
    ) -> Sequence[ListedReturn]:
        """Returns without their order by channel and return id, beginning behind ``after``."""

    async def history(self, order_id: str) -> Sequence[ListedEvent]:
        """What happened to the order, oldest first."""

    async def count(self, wanted: Wanted) -> Counts: ...


class Catalogue(Protocol):
    """Master data, as old as the cache lets it be."""

    async def articles(self, skus: Collection[str]) -> Mapping[str, Article]:
        """By SKU; unknown ones are left out."""

    async def locations(self, location_ids: Collection[str]) -> Collection[str]:
        """Those of the ids that exist."""


class Stock(Protocol):
    """Inventory. Answers stand in the order asked; each method raises `Unavailable` for all together."""

    async def available(self, skus: Collection[str]) -> Collection[str]:
        """Those of the products that some location could promise."""

    async def reserve(self, reservations: Sequence[Reservation]) -> Sequence[Promise | Refusal]: ...

    async def issue(self, issues: Sequence[Issue]) -> Sequence[Refusal | None]: ...

    async def receive(self, receipts: Sequence[Receipt]) -> Sequence[Refusal | None]: ...

    async def release(self, releases: Sequence[Release]) -> Sequence[Refusal | None]: ...


class Documents(Protocol):
    """Reading and correcting the opaque document of an order."""

    def read(self, document: bytes) -> NewOrder: ...

    def corrected(self, document: bytes, skus: Mapping[str, str]) -> bytes:
        """With the products of these lines. Raises `LineUnknown`."""

    def updated(self, document: bytes, channel_version: datetime, paid: bool, shipping: bytes) -> bytes:
        """With the channel's later state; an empty ``shipping`` contact leaves it as it was."""

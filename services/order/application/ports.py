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
    attempts: int


class Known(NamedTuple):
    """What is recorded of the orders and request ids of a batch."""

    by_order: Mapping[str, Recorded]
    by_request: Mapping[str, Recorded]


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

    async def instruct(self, instructions: Sequence[Instruction]) -> None:
        """Have inventory told after the commit. An instruction that is waiting already is not doubled."""

    async def forget_instructions(self, positions: Collection[int]) -> set[int]:
        """They are carried out; gives those that were still waiting."""

    async def record(self, events: Sequence[OrderEvent]) -> None:
        """Publish ``events`` if and only if the transaction commits."""

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

    async def pending(self, subjects: Collection[str] | None, limit: int) -> list[Pending]:
        """Instructions that wait, oldest first: of these subjects, or of all those that are due."""

    async def postpone(self, failures: Mapping[int, str], seconds: float) -> None:
        """Note why the instructions at these positions failed; they are due again later."""


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

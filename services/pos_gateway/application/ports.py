"""What the use cases need from outside; the adapters provide it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Protocol

from libs.intake import Arrival, Message
from libs.money import Money
from libs.refusals import Refusal
from services.pos_gateway.domain.receipts import (
    Identifier,
    Kind,
    Receipt,
    ReceiptKey,
    StockDocument,
    Transaction,
)
from services.pos_gateway.domain.settle_receipt import GoodsBack, Sale

Skus = Mapping[Identifier, str]


class OutsideUnreachable(Refusal):
    """The tills' journal could not be read."""

    reason = "ERROR_REASON_OUTSIDE_UNREACHABLE"


@dataclass(frozen=True, slots=True)
class Origin:
    """Which message led to a command, and the trace in which it arrived."""

    message_id: str
    traceparent: str


@dataclass(frozen=True, slots=True)
class RecordSale:
    origin: Origin
    receipt: Receipt
    sale: Sale
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordReturn:
    """``linked`` is False for a return without its original receipt."""

    origin: Origin
    receipt: Receipt
    back: GoodsBack
    at: datetime
    linked: bool


@dataclass(frozen=True, slots=True)
class ChangeStock:
    origin: Origin
    document: StockDocument
    at: datetime


@dataclass(frozen=True, slots=True)
class TakenOver:
    """A till transaction that the mesh has taken over; ``total`` is None where nothing changed hands."""

    key: ReceiptKey
    kind: Kind
    total: Money | None
    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class JournalPage:
    entries: Sequence[TakenOver]
    next_cursor: str


Split = Callable[[Message], Sequence[Arrival]]
"""The transactions inside a file, as messages of their own. Raises `Unreadable`."""
ReadOne = Callable[[bytes], Transaction]
"""The one transaction that a document holds. Raises `Unreadable`."""


class Orders(Protocol):
    """The order service. Commands are idempotent by message and content.

    Refusals are exceptions with their ``reason``; `Unavailable` and `Overloaded` when it cannot answer now.
    """

    async def record_sales(self, commands: Sequence[RecordSale], skus: Skus) -> Sequence[str | Refusal]:
        """The order of each sale."""

    async def record_return(self, command: RecordReturn, skus: Skus) -> str:
        """The order that the goods were sold with, empty for a return without it."""


class Inventory(Protocol):
    async def change_stock(self, command: ChangeStock, skus: Skus) -> None: ...


class MasterData(Protocol):
    async def resolve(self, names: Collection[tuple[Identifier, ...]]) -> Skus:
        """SKUs by name: for each article its first name that anybody knows."""

    async def zones(self, stores: Collection[str]) -> Mapping[str, tzinfo]:
        """Time zones by store; UTC for a store that is unknown or has none."""


class Journal(Protocol):
    """The transactions that the mesh has taken over."""

    async def save(self, taken: Collection[TakenOver]) -> None: ...

    async def list(self, business_date: date | None, after: Sequence[str], limit: int) -> Sequence[TakenOver]:
        """By store, till, business day and number, beginning behind ``after``."""


class Tills(Protocol):
    """The tills' own journal, read when asked for."""

    async def list_journal(self, business_date: date, size: int, cursor: str) -> JournalPage:
        """Raises `OutsideUnreachable`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What applying messages needs; ``at_once`` bounds the calls under way.

    ``original_wait`` is how long a return waits for the receipt that it names.
    """

    split: Split
    read: ReadOne
    orders: Orders
    inventory: Inventory
    master_data: MasterData
    journal: Journal
    original_wait: timedelta
    at_once: int

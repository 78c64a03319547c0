"""What the use cases need from outside; the adapters provide it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from libs.refusals import Refusal
from services.channel_gateway.domain.give_back import ReturnPart
from services.channel_gateway.domain.handed_over import Cancel, HandedOver, Update
from services.channel_gateway.domain.storefront import (
    FiguresPage,
    Identifier,
    Order,
    Parcel,
    Refund,
    Told,
)


class Untrusted(Exception):
    """A message that nobody who knows the secret has sent; ``reason`` is what it is counted under."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What a verified message says about itself. ``headers`` are those worth keeping, no signature."""

    channel: str
    topic: str
    event_id: str
    headers: Mapping[str, str]


class Vendor(Protocol):
    """A make of storefront: everything that is peculiar to it, in one place."""

    def open(self, shop: str, headers: Mapping[str, str], body: bytes) -> Envelope:
        """Raises `Untrusted`."""

    def reads(self, topic: str) -> bool:
        """Whether the mesh follows this topic; others are acknowledged and nothing more."""

    def read(self, channel: str, topic: str, body: bytes) -> Told:
        """Raises `Unreadable`."""


class OutsideUnreachable(Refusal):
    """The storefront could not be read."""

    reason = "ERROR_REASON_OUTSIDE_UNREACHABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a message waits for what normally comes first."""

    for_order: timedelta
    """Then an update places the order itself, and a refund is recorded without its order."""
    for_parcels: timedelta
    """Then a refund is taken as if no message about parcels were under way."""
    for_state: timedelta
    """Then a message that the order's state forbids is set aside."""


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """An order to place, in the trace in which it arrived."""

    message_id: str
    traceparent: str
    order: Order


@dataclass(frozen=True, slots=True)
class Placed:
    """``refused``: recorded, and will not be delivered. ``differs``: recorded before, with other content."""

    order_id: str
    refused: bool
    differs: bool


@dataclass(frozen=True, slots=True)
class About:
    """Which order a step is about, and which message told of it."""

    message_id: str
    channel: str
    channel_order_id: str


Read = Callable[[str, str, bytes], Told]
"""Tells what a body means, from its channel and topic. Raises `Unreadable`."""


class Orders(Protocol):
    """The order service. Each command is idempotent by message and content.

    Raises the refusals of the order service, which are exceptions with their ``reason``; `Unavailable` and
    `Overloaded` when it cannot answer now.
    """

    async def place(
        self, commands: Sequence[PlaceOrder], skus: Mapping[Identifier, str]
    ) -> Sequence[Placed | Refusal]: ...

    async def update(self, about: About, update: Update) -> None: ...

    async def ship(self, about: About, parcel: Parcel, location_id: str) -> None: ...

    async def give_back(
        self, about: About, refund: Refund, part: ReturnPart, skus: Mapping[Identifier, str], *, linked: bool
    ) -> str:
        """The order that the return belongs to, empty for one without its order."""

    async def cancel(self, about: About, cancel: Cancel) -> None: ...


class MasterData(Protocol):
    async def resolve(self, names: Collection[Identifier]) -> Mapping[Identifier, str]:
        """SKUs by name, without the names that nobody knows."""

    async def location_of(self, place: str) -> str:
        """The location with this id or name, empty when there is none."""

    async def only_warehouse(self) -> str:
        """The one warehouse, empty when there are several or none."""


class Ledger(Protocol):
    """What was handed over, by channel and channel order id."""

    async def find(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], HandedOver]: ...

    async def save(self, changed: Collection[HandedOver]) -> None: ...


class Storefront(Protocol):
    """The storefront's own records, read when asked for."""

    async def list_orders(
        self, created_from: datetime | None, created_before: datetime | None, size: int, cursor: str
    ) -> FiguresPage:
        """Oldest first. Raises `OutsideUnreachable`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What applying messages needs; ``at_once`` bounds the messages whose steps are under way."""

    read: Read
    orders: Orders
    master_data: MasterData
    ledger: Ledger
    patience: Patience
    at_once: int

"""What the use cases need from outside; the adapters provide it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from libs.refusals import RequestIdReused
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Command
from services.inventory.domain.events import StockEvent
from services.inventory.domain.levels import Key, Level, LevelState, Unit
from services.inventory.domain.movements import Movement
from services.inventory.domain.outcome import Outcome
from services.inventory.domain.places import Location, Places, SourcingRule
from services.inventory.domain.reservations import Reservation, ReservationState


class Call(NamedTuple):
    """A command with its idempotency key; a repeat has the same ``digest`` of the whole request."""

    request_id: str
    digest: bytes
    traceparent: str
    command: Command


class RuleCall(NamedTuple):
    """A rule to put; its version is the service's to give."""

    request_id: str
    digest: bytes
    rule: SourcingRule


class Told(NamedTuple):
    """An event and the trace it belongs to."""

    event: StockEvent
    traceparent: str


@dataclass(frozen=True, slots=True)
class ListedReservation:
    """``expires_at`` is None unless the promise may still lapse."""

    reservation: ReservationState
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ListedMovement:
    position: int
    unit: Unit
    movement: Movement
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """Empty fields do not restrict."""

    source_reference: str = ""
    sku: str = ""
    location_id: str = ""


class LevelsMissing(Exception):
    """A fact names levels that do not exist yet: the transaction ends, they are made, it runs again."""

    def __init__(self, missing: Mapping[Key, Unit]) -> None:
        super().__init__(f"{len(missing)} levels")
        self.missing = missing


class Transaction(Protocol):
    """One database transaction. Every method is one statement, whatever the size of its batch."""

    async def recall(self, rpc: str, digests: Mapping[str, bytes]) -> Mapping[str, bytes | RequestIdReused]:
        """Answers already given, by request id."""

    async def lock_candidates(self, skus: Collection[str], location_ids: Collection[str]) -> list[Level]:
        """Lock the products' levels at these locations."""

    async def lock_levels(self, keys: Collection[Key], order_ids: Collection[str] = ()) -> list[Level]:
        """Lock these levels and those at which the orders have promises, open or expired."""

    async def find_candidates(self, skus: Collection[str], location_ids: Collection[str]) -> list[Level]:
        """As `lock_candidates`, without a lock: good for a plan, not for a decision."""

    async def reservations_of(self, order_ids: Collection[str]) -> list[Reservation]:
        """Open and expired promises of the orders."""

    async def newest_reservations(self, quantities: Mapping[Key, int]) -> list[Reservation]:
        """The newest open promises at each level that together reach its quantity, or all."""

    async def moved_since(self, keys: Collection[Key], instant: datetime) -> dict[Key, int]:
        """By how much physical movements after ``instant`` changed each level."""

    async def save(self, book: Book) -> None:
        """Write what the commands changed; one statement for each kind of row."""

    async def remember(self, rpc: str, done: Sequence[tuple[Call, Outcome]]) -> list[bytes]:
        """Keep the answers for repeats, and give them in the form that is kept."""

    async def tell(self, events: Sequence[Told], now: datetime) -> None:
        """Publish the events if and only if the transaction commits."""

    async def take_expired(self, now: datetime, limit: int) -> list[str]:
        """Orders whose promises have lapsed; nobody else gets them."""

    async def record_orders(self, order_ids: Collection[str]) -> set[str]:
        """Make the promises of the orders firm; gives those that had lapsing ones."""

    async def record_other_orders(self, order_ids: Collection[str]) -> None:
        """Remember as recorded the orders that have no promise now."""

    async def save_locations(self, locations: Sequence[Location]) -> None:
        """Take locations over; an older version changes nothing."""

    async def forget_answers_before(self, moment: datetime, limit: int) -> int:
        """Drop old answers, at most ``limit``; how many they were."""

    async def forget_events_before(self, moment: datetime, limit: int) -> int:
        """Drop old notes of processed events, at most ``limit``; how many they were."""

    async def put_rule(self, rpc: str, call: RuleCall) -> bytes:
        """Replace the rule of its channel and remember the answer, which is given as it is kept."""


class Store(Protocol):
    """Stock as kept."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that commits when the block ends and rolls back when an exception leaves it."""

    async def create_levels(self, units: Mapping[Key, Unit]) -> None:
        """Make empty levels; a product that has a unit already keeps it."""

    async def find_levels(
        self, skus: Collection[str], location_ids: Collection[str], limit: int
    ) -> list[LevelState]:
        """Sorted by SKU and location; no location ids means all."""

    async def list_reservations(self, order_id: str) -> list[ListedReservation]: ...

    async def list_movements(self, wanted: MovementFilter, after: int, limit: int) -> list[ListedMovement]:
        """The oldest first, beginning behind position ``after``."""


class Atlas(Protocol):
    """The locations and rules of this moment."""

    async def places(self) -> Places:
        """At most a few seconds old."""

    async def learn(self, location_ids: Collection[str]) -> Places:
        """Ask master data about locations that are not known here; what it does not know stays unknown.

        Raises `Unavailable` when it cannot be asked.
        """

    def forget(self) -> None:
        """Read locations and rules again at the next use."""

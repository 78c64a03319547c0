"""What the use cases need from outside; the adapters provide it."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.master_data.domain.catalogue import Price, PriceKey, Product, Promotion
from services.master_data.domain.events import MasterDataEvent
from services.master_data.domain.identifiers import IdentifierKey
from services.master_data.domain.parties import Customer, Location
from services.master_data.domain.recorded import Recorded, Upserted
from services.master_data.domain.replace_products import Replacement


@dataclass(frozen=True, slots=True)
class Call:
    """A mutation asked for: its repeat has the same ``request_id`` and the same ``digest`` of the body."""

    rpc: str
    request_id: str
    digest: bytes


class Reads(Protocol):
    """Master data as kept. What is not there is absent from the answer. Every method is one statement."""

    async def find_products(self, skus: Collection[str]) -> Mapping[str, Recorded[Product]]: ...

    async def find_holders(self, keys: Collection[IdentifierKey]) -> Mapping[IdentifierKey, str]:
        """The SKU that each name belongs to."""

    async def find_prices(self, skus: Collection[str], price_list: str, at: datetime) -> Mapping[str, Price]:
        """By SKU, the price that holds at an instant."""

    async def find_promotions(self, ids: Collection[str]) -> Mapping[str, Promotion]: ...

    async def find_customers(self, ids: Collection[str]) -> Mapping[str, Recorded[Customer]]: ...

    async def list_products(self, after: str, limit: int) -> Sequence[Recorded[Product]]:
        """In the order of the SKUs, beginning behind ``after``."""

    async def list_locations(self, after: str, limit: int) -> Sequence[Recorded[Location]]:
        """In the order of the ids, beginning behind ``after``."""

    async def unknown_skus(self, skus: Collection[str]) -> Sequence[str]:
        """Those of ``skus`` that name no product, sorted."""


class Transaction(Reads, Protocol):
    """One database transaction. A batch costs the same number of statements whatever its size."""

    async def recall(self, call: Call) -> Upserted | None:
        """The answer this call got before. Raises `RequestIdReused` for another body."""

    async def answer(self, call: Call, upserted: Upserted) -> Upserted:
        """Keep the answer for repeats and return it; a conflict when a concurrent repeat was faster."""

    async def forget_answers_before(self, moment: datetime, limit: int) -> int:
        """Drop at most ``limit`` answers and say how many."""

    async def record(self, events: Sequence[MasterDataEvent], now: datetime) -> None:
        """Publish ``events`` if and only if the transaction commits."""

    async def lock_products(self) -> None:
        """Let no other transaction change products until this one ends; readers are not held up."""

    async def save_products(self, replacement: Replacement) -> None: ...

    # Each of these writes what is new or differs, and answers its version: 1 for what is new.

    async def save_prices(self, prices: Sequence[Price], now: datetime) -> Mapping[PriceKey, int]: ...

    async def save_promotions(self, promotions: Sequence[Promotion], now: datetime) -> Mapping[str, int]: ...

    async def save_locations(self, locations: Sequence[Location], now: datetime) -> Mapping[str, int]: ...

    async def save_customers(self, customers: Sequence[Customer], now: datetime) -> Mapping[str, int]: ...


class Store(Protocol):
    """Where master data is kept."""

    def reading(self) -> AbstractAsyncContextManager[Reads]:
        """Each read sees what was committed when it began."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that commits when the block ends and rolls back when an exception leaves it."""

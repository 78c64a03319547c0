"""What a run needs from outside; the adapters provide it."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from services.reconciliation.domain.documents import (
    ErpDocument,
    MeshDocument,
    PostedDocument,
    Promise,
    SourceDocument,
)
from services.reconciliation.domain.run import Run


@dataclass(frozen=True, slots=True)
class Call:
    """A mutation asked for: its repeat has the same ``request_id`` and the same ``digest`` of the body."""

    request_id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class MeshOrders:
    """The mesh's orders of a window by where they were made, and returns that name no order."""

    storefront: Sequence[MeshDocument]
    till: Sequence[MeshDocument]
    unlinked_returns: Sequence[MeshDocument]


@dataclass(frozen=True, slots=True)
class Journal:
    """Receipts of a business day as the tills wrote them down; returns have negative totals."""

    sales: Sequence[SourceDocument]
    returns: Sequence[SourceDocument]


@dataclass(frozen=True, slots=True)
class TillReceipts:
    """Receipts of a business day that the mesh has taken over; returns have negative totals."""

    sales: Sequence[MeshDocument]
    returns: Sequence[MeshDocument]


class Systems(Protocol):
    """The systems that must agree, read as they are now.

    Every method raises `SystemUnreadable` naming the system that could not be read.
    """

    async def storefront_orders(self, start: datetime, end: datetime) -> Sequence[SourceDocument]:
        """What storefronts have, bought from ``start`` until before ``end``."""

    async def journal(self, business_date: date) -> Journal:
        """The tills' own journal."""

    async def till_receipts(self, business_date: date) -> TillReceipts:
        """What the mesh has taken over from tills."""

    async def orders(self, start: datetime, end: datetime) -> MeshOrders:
        """What the order service has, bought from ``start`` until before ``end``."""

    async def postings(self) -> Sequence[PostedDocument]: ...

    async def erp_documents(self) -> Sequence[ErpDocument]: ...

    async def promised(self, order_ids: Sequence[str]) -> Sequence[Promise]:
        """What these orders still promise."""

    async def reserved(self, order_ids: Sequence[str]) -> Sequence[Promise]:
        """What inventory keeps back for these orders."""


class Transaction(Protocol):
    """One database transaction."""

    async def recall(self, call: Call) -> str | None:
        """The run that this call made before. Raises `RequestIdReused`."""

    async def save(self, call: Call, run: Run) -> None:
        """Keep the run, its breaks, the answer for repeats, and the events that tell them."""


class Store(Protocol):
    """Where runs are kept."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that commits when the block ends and rolls back when an exception leaves it."""

"""What the use cases need from outside; the adapters provide it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from libs.money import Money
from services.erp_gateway.domain.facts import Fact, FactKind
from services.erp_gateway.domain.postings import Outcome, Posting, Step, StepKind


class StepRefused(Exception):
    """The ERP refused the step for good; the message is the ERP's, without personal data."""


class StepNotDone(Exception):
    """The ERP certainly did nothing: the call never left, or it said so. It may be tried again."""


class StepUnknown(Exception):
    """Nobody knows whether the ERP did it: the answer was lost, or was a server's failure.

    ``settled`` says that the ERP is through with the call, so that what it does not show it did not do.
    """

    def __init__(self, message: str, *, settled: bool = False) -> None:
        super().__init__(message)
        self.settled = settled


class LeaseLost(Exception):
    """The posting was claimed by another worker meanwhile; what this one knows of it is out of date."""


class Throttled(StepNotDone):
    """The ERP has too many calls; it did nothing and names a delay."""

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__("too many calls at once")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class ErpDocument:
    """A document as the ERP has it; ``amount`` is negative for a credit note."""

    document_id: str
    external_key: str
    amount: Money
    paid: Money
    lines: int


@dataclass(frozen=True, slots=True)
class ErpDocumentPage:
    """A page in the ERP's own order; ``next_token`` is empty at the end."""

    documents: Sequence[ErpDocument]
    next_token: str


@dataclass(frozen=True, slots=True)
class ErpCall:
    """One call to the ERP, for the audit; ``status`` 0 means that no answer came."""

    posting_id: UUID
    step: StepKind
    operation: str
    status: int
    outcome: Outcome
    duration: timedelta
    at: datetime
    trace_id: str
    request_digest: bytes


Note = Callable[[ErpCall], None]
"""Told of each call to the ERP, whatever came of it."""


class Erp(Protocol):
    """An ERP behind its adapter. Vendors' words end there."""

    name: str

    longest: timedelta
    """A step that takes longer is cut off, and its answer counts as lost."""

    def settles_in(self, kind: StepKind) -> timedelta:
        """How long after its begin a step may still take effect; only then does "not found" mean "not done".

        Short where the ERP itself refuses to do the step twice.
        """

    def steps_of(self, kind: FactKind) -> Sequence[StepKind]:
        """The steps that this ERP needs for such a fact, in its order."""

    async def look_up(self, posting: Posting, step: Step, note: Note) -> str | None:
        """The ERP's id of what the step makes, None when it is not there.

        Raises `StepUnknown`, `StepNotDone` or `Throttled` where that could not be read.
        """

    async def perform(self, posting: Posting, step: Step, note: Note) -> str:
        """Do the step and answer the ERP's id.

        Raises `StepRefused`, `StepNotDone`, `Throttled` or `StepUnknown`.
        """

    async def documents(self, page_size: int, page_token: str) -> ErpDocumentPage:
        """The ERP's own documents, read now. Raises `ErpUnreachable`."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A fact heard of by an event, when it was told, and the trace it belongs to."""

    fact: Fact
    at: datetime
    traceparent: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A posting that only the holder of this lease may work on, until it ends."""

    posting: Posting
    lease: UUID
    since: datetime
    """When its fact happened in the mesh."""
    traceparent: str


@dataclass(frozen=True, slots=True)
class Call:
    """A mutation asked for: its repeat has the same ``request_id`` and the same ``digest`` of the body."""

    request_id: str
    digest: bytes


class Transaction(Protocol):
    """One database transaction."""

    async def recall(self, call: Call) -> bool:
        """Whether this call was answered before. Raises `RequestIdReused`."""

    async def answered(self, call: Call, posting_id: UUID) -> None:
        """Keep that the call was answered, for its repeats."""

    async def get(self, posting_id: UUID) -> Posting:
        """A posting, locked. Raises `NotFound`."""

    async def find_of_orders(self, order_ids: Sequence[str]) -> Mapping[str, Sequence[Posting]]:
        """The postings of each order, in their order."""

    async def add(self, postings: Sequence[tuple[Heard, Posting]]) -> None:
        """Keep new postings; those known already are left as they are."""

    async def need(self, posting_ids: Sequence[UUID]) -> None:
        """Postings that were skipped wait for their turn, behind all that are there."""

    async def save(
        self, claimed: Claimed, calls: Sequence[ErpCall], waits_until: datetime | None = None
    ) -> None:
        """Keep a posting's progress and its calls.

        The lease is renewed, unless the posting waits or has ended. A posting that has ended is told by an
        event; one that has failed gives up the task of opening its customer's account. Raises `LeaseLost`.
        """

    async def put_back(self, posting: Posting, now: datetime) -> None:
        """Keep a posting that nobody works on, to be claimed now."""


@dataclass(frozen=True, slots=True)
class CustomerAccount:
    """``document_id`` is empty until the posting ``owner`` has found or opened the account in the ERP."""

    document_id: str
    owner: UUID


class Store(Protocol):
    """Where postings are kept."""

    def begin(self) -> AbstractAsyncContextManager[Transaction]:
        """A transaction that commits when the block ends and rolls back when an exception leaves it."""

    async def claim(self, limit: int) -> Sequence[Claimed]:
        """Postings that are due, longest due first, none of whose order's earlier postings is unfinished.

        Unless their progress is kept before their lease ends, others may claim them.
        """

    async def customer(self, customer_key: str, posting_id: UUID) -> CustomerAccount:
        """The account of a customer, or whose task it is to open it: the first that asked."""

    async def know_customer(self, customer_key: str, document_id: str) -> None:
        """The account was found or opened: all that wait for it may go on."""

    async def forget_answers_before(self, moment: datetime, limit: int) -> int:
        """Drop at most so many old answers, and give their number."""

    async def forget_events_before(self, moment: datetime, limit: int) -> int:
        """Drop at most so many notes of processed events, and give their number."""

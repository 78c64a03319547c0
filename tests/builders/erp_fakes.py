"""An ERP and a store in memory, for histories of failures that real ones would take hours to go through."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID, uuid4

from services.erp_gateway.application.ports import (
    Claimed,
    CustomerAccount,
    ErpCall,
    Heard,
    Note,
    StepNotDone,
    StepUnknown,
    Throttled,
)
from services.erp_gateway.domain.facts import FactKind
from services.erp_gateway.domain.postings import Posting, PostingState, Step, StepKind
from tests.builders.erp_facts import NOON

STEPS = (StepKind.CUSTOMER, StepKind.HEADER, StepKind.LINES, StepKind.PAYMENT)
SETTLE = timedelta(seconds=10)
NOBODY = UUID(int=0)


class Crash(BaseException):
    """The process dies here."""


class Mishap(Enum):
    """What becomes of one call."""

    NONE = "none"
    THROTTLED = "throttled"
    NOT_DONE = "not done"
    LOST_BEFORE_WRITE = "lost before the write"
    LOST_AFTER_WRITE = "lost after the write"
    LATE_WRITE = "lost, and written later"
    CRASH_BEFORE_WRITE = "crash before the write"
    CRASH_AFTER_WRITE = "crash after the write"


class FakeTime:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


class FakeErp:
    """Meets the mishaps one by one, then none. Fails the test when a step is done blindly."""

    name = "fake"
    longest = timedelta(seconds=60)

    def __init__(self, time: FakeTime, mishaps: Sequence[Mishap]) -> None:
        self._time = time
        self._mishaps: Iterator[Mishap] = iter(mishaps)
        self.documents: Counter[str] = Counter()
        self.order: list[str] = []
        self._late: list[tuple[datetime, str]] = []
        self._open: set[str] = set()
        """Keys of calls of which nobody has learned yet what became of them."""

    def steps_of(self, kind: FactKind) -> Sequence[StepKind]:
        return STEPS

    def settles_in(self, kind: StepKind) -> timedelta:
        return SETTLE

    async def look_up(self, posting: Posting, step: Step, note: Note) -> str | None:
        mishap = self._next()
        if mishap in (Mishap.CRASH_BEFORE_WRITE, Mishap.CRASH_AFTER_WRITE):
            raise Crash
        if mishap is Mishap.THROTTLED:
            raise Throttled(timedelta(seconds=1))
        if mishap is not Mishap.NONE:
            raise StepUnknown("not read")
        self._open.discard(step.external_key)
        return f"D-{step.external_key}" if self.documents[step.external_key] else None

    async def perform(self, posting: Posting, step: Step, note: Note) -> str:
        key = step.external_key
        mishap = self._next()
        assert key not in self._open, f"{key} was done blindly"
        if mishap is Mishap.THROTTLED:
            raise Throttled(timedelta(seconds=1))
        if mishap is Mishap.NOT_DONE:
            raise StepNotDone("certainly not")
        self._open.add(key)
        if mishap in (Mishap.NONE, Mishap.LOST_AFTER_WRITE, Mishap.CRASH_AFTER_WRITE):
            self._write(key)
        if mishap is Mishap.LATE_WRITE:
            self._late.append((self._time.now + SETTLE * 0.9, key))
        if mishap in (Mishap.CRASH_BEFORE_WRITE, Mishap.CRASH_AFTER_WRITE):
            raise Crash
        if mishap is not Mishap.NONE:
            raise StepUnknown("the answer was lost")
        self._open.discard(key)
        return f"D-{key}"

    def _next(self) -> Mishap:
        for due, key in list(self._late):
            if due <= self._time.now:
                self._late.remove((due, key))
                self._write(key)
        return next(self._mishaps, Mishap.NONE)

    def _write(self, key: str) -> None:
        self.documents[key] += 1
        self.order.append(key)


class MemoryStore:
    """Keeps postings as the database would; ``crashes`` says before which savings the process dies."""

    def __init__(self, postings: Sequence[Posting] = (), crashes: Sequence[bool] = ()) -> None:
        self.kept: dict[UUID, Posting] = {posting.posting_id: posting for posting in postings}
        self.waits: dict[UUID, datetime] = {}
        self.accounts: dict[str, CustomerAccount] = {}
        self.calls: list[ErpCall] = []
        self._crashes = iter(crashes)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator["MemoryStore"]:
        yield self

    def claimed(self) -> list[Claimed]:
        """All that are unfinished, whether due or not."""
        left = (PostingState.PENDING, PostingState.POSTING)
        return [
            Claimed(posting, uuid4(), NOON, "") for posting in self.kept.values() if posting.state in left
        ]

    async def save(
        self, claimed: Claimed, calls: Sequence[ErpCall], waits_until: datetime | None = None
    ) -> None:
        if next(self._crashes, False):
            raise Crash
        posting = claimed.posting
        self.kept[posting.posting_id] = posting
        self.calls += calls
        self.waits.pop(posting.posting_id, None)
        if waits_until is not None:
            self.waits[posting.posting_id] = waits_until

    async def customer(self, customer_key: str, posting_id: UUID) -> CustomerAccount:
        known = self.accounts.get(customer_key)
        if known is None or known.owner == NOBODY:
            known = self.accounts[customer_key] = CustomerAccount("", posting_id)
        return known

    async def know_customer(self, customer_key: str, document_id: str) -> None:
        owner = self.accounts[customer_key].owner
        self.accounts[customer_key] = CustomerAccount(document_id, owner)

    async def find_of_orders(self, order_ids: Sequence[str]) -> Mapping[str, Sequence[Posting]]:
        return {
            order_id: [it for it in self.kept.values() if it.fact.order_id == order_id]
            for order_id in order_ids
        }

    async def add(self, postings: Sequence[tuple[Heard, Posting]]) -> None:
        for _, posting in postings:
            self.kept.setdefault(posting.posting_id, posting)

    async def need(self, posting_ids: Sequence[UUID]) -> None:
        """To the end, and waiting."""
        from services.erp_gateway.domain.postings import needed_after_all

        for posting_id in posting_ids:
            self.kept[posting_id] = needed_after_all(self.kept.pop(posting_id))


class NoSlots:
    """Counts what the desk would be told."""

    def __init__(self) -> None:
        self.told: Counter[str] = Counter()

    def answered(self) -> None:
        self.told["answered"] += 1

    def throttled(self) -> None:
        self.told["throttled"] += 1

    def failed(self) -> None:
        self.told["failed"] += 1


def anything(value: Any) -> Any:
    """A fake where a port is expected."""
    return value

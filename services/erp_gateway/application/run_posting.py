"""Move one posting forward until it is posted, must wait, or needs a person."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from services.erp_gateway.application.ports import (
    Claimed,
    Erp,
    ErpCall,
    StepNotDone,
    StepRefused,
    StepUnknown,
    Store,
    Throttled,
)
from services.erp_gateway.domain import postings
from services.erp_gateway.domain.postings import Outcome, Posting, Step, StepKind
from services.erp_gateway.domain.waiting import wait_before, wait_for_another

T = TypeVar("T")

SHARED = (StepKind.CUSTOMER, StepKind.ITEMS)
"""Steps whose document other postings, or people, may have made before."""

PROMPT = timedelta(seconds=2)
"""A call that could not leave this soon after it was kept as begun does not leave at all."""


class Slots(Protocol):
    """Told how the ERP answers, so that it learns how many calls may run."""

    def answered(self) -> None: ...
    def throttled(self) -> None: ...
    def failed(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, from outside."""

    now: Callable[[], datetime]
    jitter: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Means:
    """What postings are worked on with."""

    erp: Erp
    store: Store
    slots: Slots
    clock: Clock


class _Later(Exception):
    """The posting waits; its progress so far is as it stands."""

    def __init__(self, posting: Posting, at: datetime) -> None:
        super().__init__(at)
        self.posting = posting
        self.at = at


async def run_posting(means: Means, claimed: Claimed) -> Posting:
    """Do step after step. What is known is kept before a call leaves, so a crash repeats none blindly.

    A step whose outcome is unknown is looked up by its key first, and only what the ERP still has not after
    its settling time is done again. Raises `LeaseLost`.
    """
    return await _Run(means, claimed).to_its_end()


@dataclass(slots=True)
class _Run:
    means: Means
    claimed: Claimed
    calls: list[ErpCall] = field(default_factory=list)
    """Made since progress was kept last."""
    customer_is_known: bool = False

    async def to_its_end(self) -> Posting:
        clock, posting = self.means.clock, self.claimed.posting
        try:
            while (step := posting.next_step) is not None:
                document_id = await self.find(posting, step)
                if document_id is None:
                    settles_at = clock.now() + self.means.erp.settles_in(step.kind)
                    posting = postings.began(posting, step, clock.now(), settles_at)
                    step = await self.begin(posting)
                    document_id = await self.perform(posting, step)
                if step.kind is StepKind.CUSTOMER and not self.customer_is_known:
                    await self.means.store.know_customer(step.external_key, document_id)
                posting = postings.done(posting, step, document_id, clock.now())
        except _Later as later:
            await self.keep(later.posting, later.at)
            return later.posting
        except StepRefused as refused:
            posting = postings.failed(posting, current(posting), str(refused), clock.now())
        await self.keep(posting)
        return posting

    async def find(self, posting: Posting, step: Step) -> str | None:
        """The ERP's id where the step is done already; raises `_Later` where that cannot be said yet."""
        if step.kind is StepKind.CUSTOMER and (known := await self.customer(posting, step)):
            self.customer_is_known = True
            return known
        if step.outcome is not Outcome.UNKNOWN and step.kind not in SHARED:
            return None
        try:
            found = await self.in_time(self.means.erp.look_up(posting, step, self.calls.append))
        except Throttled as busy:
            raise self.busy(posting, busy) from busy
        except (StepNotDone, StepUnknown) as error:
            self.means.slots.failed()
            raise self.postponed(postings.unread(posting, step, str(error))) from error
        self.means.slots.answered()
        # What is not there may still be on its way until the ERP has settled.
        if found is None and step.settles_at is not None and self.means.clock.now() < step.settles_at:
            raise _Later(posting, step.settles_at)
        return found

    async def customer(self, posting: Posting, step: Step) -> str:
        """The customer's account where it is known, empty where this posting has to open it."""
        account = await self.means.store.customer(step.external_key, posting.posting_id)
        if not account.document_id and account.owner != posting.posting_id:
            waits = postings.waiting(posting)
            pause = wait_for_another(waits.tries, self.means.clock.jitter())
            raise _Later(waits, self.means.clock.now() + pause)
        return account.document_id

    async def begin(self, posting: Posting) -> Step:
        """The step, kept as begun. Raises `_Later` where keeping it took so long that it must not leave."""
        began = self.means.clock.now()
        await self.keep(posting)
        now, step = self.means.clock.now(), current(posting)
        if now > began + PROMPT:
            raise self.postponed(postings.not_done(posting, step, "could not be sent in time", now))
        return step

    async def perform(self, posting: Posting, step: Step) -> str:
        clock = self.means.clock
        try:
            document_id = await self.in_time(self.means.erp.perform(posting, step, self.calls.append))
        except Throttled as busy:
            raise self.busy(postings.not_done(posting, step, str(busy), clock.now()), busy) from busy
        except StepNotDone as error:
            self.means.slots.failed()
            raise self.postponed(postings.not_done(posting, step, str(error), clock.now())) from error
        except StepUnknown as error:
            self.means.slots.failed()
            lost = postings.unknown(posting, step, str(error), settled=error.settled)
            raise self.postponed(lost) from error
        self.means.slots.answered()
        return document_id

    async def in_time(self, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self.means.erp.longest.total_seconds()):
                return await work
        except TimeoutError:
            raise StepUnknown("no answer in time") from None

    def busy(self, posting: Posting, busy: Throttled) -> _Later:
        self.means.slots.throttled()
        spread = timedelta(seconds=self.means.clock.jitter())
        return _Later(posting, self.means.clock.now() + busy.retry_after + spread)

    def postponed(self, posting: Posting) -> _Later:
        clock = self.means.clock
        return _Later(posting, clock.now() + wait_before(posting.tries, clock.jitter()))

    async def keep(self, posting: Posting, waits_until: datetime | None = None) -> None:
        calls, self.calls = self.calls, []
        self.claimed = replace(self.claimed, posting=posting)
        async with self.means.store.begin() as transaction:
            await transaction.save(self.claimed, calls, waits_until)


def current(posting: Posting) -> Step:
    """The step under way."""
    step = posting.next_step
    if step is None:
        raise AssertionError("every step is done")
    return step

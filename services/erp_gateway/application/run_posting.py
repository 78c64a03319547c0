"""Move one posting forward until it is posted, must wait, or needs a person."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.erp_gateway.application.ports import (
    Erp,
    StepNotDone,
    StepRefused,
    StepUnknown,
    Store,
    Throttled,
)
from services.erp_gateway.domain import postings
from services.erp_gateway.domain.postings import Outcome, Posting, PostingState, Step, StepKind
from services.erp_gateway.domain.waiting import wait_before

CUSTOMER_POLL = timedelta(milliseconds=100)
"""How long a posting waits for another that opens the same customer's account."""

SHARED = (StepKind.CUSTOMER, StepKind.ITEMS)
"""Steps whose document other postings, or people, may have made before."""


class Slots(Protocol):
    """Told how the ERP answers, so that it learns how many calls may run."""

    def answered(self) -> None: ...
    def throttled(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, from outside."""

    now: Callable[[], datetime]
    jitter: Callable[[], float]


class _Later(Exception):
    """The posting waits; its progress so far is as it stands."""

    def __init__(self, posting: Posting, at: datetime) -> None:
        super().__init__(at)
        self.posting = posting
        self.at = at


async def run_posting(erp: Erp, store: Store, posting: Posting, slots: Slots, clock: Clock) -> Posting:
    """Do step after step. What is known is kept before a call leaves, so a crash repeats none blindly.

    A step whose outcome is unknown is looked up by its key first, and only what the ERP still has not after
    its settling time is done again.
    """
    try:
        while (step := posting.next_step) is not None:
            document_id = await _find(erp, store, posting, step, slots, clock)
            if document_id is None:
                posting = postings.began(posting, step, clock.now(), clock.now() + erp.settle)
                await _keep(store, posting, None)
                step = _current(posting)
                document_id = await _perform(erp, posting, step, slots, clock)
            posting = postings.done(posting, step, document_id, clock.now())
    except _Later as later:
        await _keep(store, later.posting, later.at)
        return later.posting
    except StepRefused as error:
        posting = postings.failed(posting, _current(posting), str(error), clock.now())
    await _keep(store, posting, None)
    return posting


async def _find(
    erp: Erp, store: Store, posting: Posting, step: Step, slots: Slots, clock: Clock
) -> str | None:
    """The ERP's id where the step is done already; raises `_Later` where that cannot be said yet."""
    if step.kind is StepKind.CUSTOMER:
        account = await store.customer(step.external_key, posting.posting_id)
        if account.document_id:
            return account.document_id
        if account.owner != posting.posting_id:
            raise _Later(posting, clock.now() + CUSTOMER_POLL)
    if step.outcome is not Outcome.UNKNOWN and step.kind not in SHARED:
        return None
    try:
        found = await erp.look_up(posting, step)
    except Throttled as busy:
        raise _busy(posting, busy, slots, clock) from busy
    except (StepNotDone, StepUnknown) as error:
        raise _postponed(postings.unread(posting, step, str(error)), clock) from error
    slots.answered()
    # What is not there may still be on its way until the ERP has settled.
    if found is None and step.settles_at is not None and clock.now() < step.settles_at:
        raise _Later(posting, step.settles_at)
    return found


async def _perform(erp: Erp, posting: Posting, step: Step, slots: Slots, clock: Clock) -> str:
    try:
        document_id = await erp.perform(posting, step)
    except Throttled as busy:
        refused = postings.not_done(posting, step, str(busy), clock.now())
        raise _busy(refused, busy, slots, clock) from busy
    except StepNotDone as error:
        raise _postponed(postings.not_done(posting, step, str(error), clock.now()), clock) from error
    except StepUnknown as error:
        raise _postponed(postings.unknown(posting, step, str(error), settled=error.settled), clock) from error
    slots.answered()
    return document_id


def _busy(posting: Posting, busy: Throttled, slots: Slots, clock: Clock) -> _Later:
    slots.throttled()
    spread = timedelta(seconds=clock.jitter())
    return _Later(posting, clock.now() + busy.retry_after + spread)


def _postponed(posting: Posting, clock: Clock) -> _Later:
    return _Later(posting, clock.now() + wait_before(posting.tries, clock.jitter()))


def _current(posting: Posting) -> Step:
    step = posting.next_step
    if step is None or posting.state is PostingState.POSTED:
        raise AssertionError("a posted posting has no current step")
    return step


async def _keep(store: Store, posting: Posting, next_attempt_at: datetime | None) -> None:
    async with store.begin() as transaction:
        await transaction.save(posting, next_attempt_at)

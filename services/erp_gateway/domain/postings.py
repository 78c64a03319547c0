"""A posting is a saga: steps in order, each done, not done, or unknown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from services.erp_gateway.domain.facts import Fact


class StepKind(Enum):
    """The value is the name in the contract's enum, without its prefix."""

    CUSTOMER = "CUSTOMER"
    ITEMS = "ITEMS"
    HEADER = "HEADER"
    LINES = "LINES"
    TAX = "TAX"
    INVOICE = "INVOICE"
    PAYMENT = "PAYMENT"


class Outcome(Enum):
    """What is known of a step."""

    UNTRIED = "UNSPECIFIED"
    DONE = "DONE"
    NOT_DONE = "NOT_DONE"
    UNKNOWN = "UNKNOWN"


class PostingState(Enum):
    """States of a posting; the last three are final but for a person's retry of a failed one."""

    PENDING = "PENDING"
    POSTING = "POSTING"
    POSTED = "POSTED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``at`` is when its outcome was learned, or when the try whose answer is unknown began.

    Until ``settles_at`` a try without an answer may still take effect.
    """

    kind: StepKind
    external_key: str
    outcome: Outcome = Outcome.UNTRIED
    document_id: str = ""
    attempts: int = 0
    last_error: str = ""
    at: datetime | None = None
    settles_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Posting:
    """A fact and how far it is in the ERP."""

    posting_id: UUID
    fact: Fact
    steps: Sequence[Step]
    state: PostingState = PostingState.PENDING
    failure: str = ""
    tries: int = 0
    """Tries since the last step that was done; they decide how long to wait."""

    @property
    def next_step(self) -> Step | None:
        """The first step that is not done."""
        return next((step for step in self.steps if step.outcome is not Outcome.DONE), None)

    def document_of(self, kind: StepKind) -> str:
        """The ERP's id of what a step made, empty before it is done."""
        return next((step.document_id for step in self.steps if step.kind is kind), "")

    def with_step(self, step: Step) -> "Posting":
        """This posting with one step replaced."""
        steps = [step if known.kind is step.kind else known for known in self.steps]
        return replace(self, steps=steps)


def new_posting(fact: Fact, kinds: Sequence[StepKind]) -> Posting:
    """A posting that waits for its turn; its steps are those that the ERP needs for such a fact."""
    steps = [Step(kind, step_key(fact, kind)) for kind in kinds]
    return Posting(fact.posting_id, fact, steps)


def step_key(fact: Fact, kind: StepKind) -> str:
    """Deterministic, so that a step can be looked up whoever tried it."""
    if kind is StepKind.CUSTOMER:
        return fact.customer_key
    if kind in (StepKind.HEADER, StepKind.ITEMS):
        return fact.external_key
    return f"{fact.external_key}/{kind.value.lower()}"


def began(posting: Posting, step: Step, now: datetime, settles_at: datetime) -> Posting:
    """Before the call leaves: from here on its outcome is unknown until an answer says otherwise."""
    attempts = step.attempts + 1
    tried = replace(step, outcome=Outcome.UNKNOWN, attempts=attempts, at=now, settles_at=settles_at)
    return replace(posting.with_step(tried), state=PostingState.POSTING)


def done(posting: Posting, step: Step, document_id: str, now: datetime) -> Posting:
    """The ERP has the step; with the last one the posting is posted."""
    found = replace(
        step, outcome=Outcome.DONE, document_id=document_id, last_error="", at=now, settles_at=None
    )
    moved = replace(posting.with_step(found), tries=0)
    state = PostingState.POSTED if moved.next_step is None else PostingState.POSTING
    return replace(moved, state=state)


def not_done(posting: Posting, step: Step, error: str, now: datetime) -> Posting:
    """The ERP certainly has the step not; it may simply be tried again."""
    refused = replace(step, outcome=Outcome.NOT_DONE, last_error=error, at=now, settles_at=None)
    return replace(posting.with_step(refused), tries=posting.tries + 1)


def unknown(posting: Posting, step: Step, error: str, *, settled: bool) -> Posting:
    """The answer was lost, or said nothing; ``settled`` when the ERP is through with it all the same."""
    settles_at = step.at if settled else step.settles_at
    lost = replace(step, outcome=Outcome.UNKNOWN, last_error=error, settles_at=settles_at)
    return replace(posting.with_step(lost), tries=posting.tries + 1)


def waiting(posting: Posting) -> Posting:
    """Another posting does what this one needs."""
    return replace(posting, tries=posting.tries + 1)


def unread(posting: Posting, step: Step, error: str) -> Posting:
    """A look-up failed, which says nothing about the step."""
    return replace(posting.with_step(replace(step, last_error=error)), tries=posting.tries + 1)


def failed(posting: Posting, step: Step, error: str, now: datetime) -> Posting:
    """The ERP refused the step for good; a person must mend something."""
    refused = replace(step, outcome=Outcome.NOT_DONE, last_error=error, at=now, settles_at=None)
    return replace(posting.with_step(refused), state=PostingState.FAILED, failure=error)


def retried(posting: Posting) -> Posting:
    """A failed posting waits for its turn again, keeping the steps that are done.

    The step that failed is looked up first: whoever mended it may have written it by hand.
    """
    waiting = replace(posting, state=PostingState.PENDING, failure="", tries=0)
    step = posting.next_step
    return waiting.with_step(replace(step, outcome=Outcome.UNKNOWN)) if step else waiting


def skipped(posting: Posting, why: str) -> Posting:
    """Nothing needs to be posted."""
    return replace(posting, state=PostingState.SKIPPED, failure=why)


def needed_after_all(posting: Posting) -> Posting:
    """A posting that was skipped waits for its turn."""
    return replace(posting, state=PostingState.PENDING, failure="")

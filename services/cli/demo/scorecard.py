"""What the day came to, and whether every zero is zero."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.cli.demo.facts import Whereabouts

Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BreakLine:
    """A disagreement between two systems, in words."""

    kind: str
    subject: str
    expected: str
    found: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ComparisonLine:
    """What comparing two systems saw."""

    comparison: str
    left: int
    right: int
    matched: int
    breaks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """What was sent, and what gateways keep of it.

    ``taken_in`` counts by state, by kind of message; transactions are what till files consist of. ``ignored``
    and ``waiting`` count by reason, ``quarantined`` by the first rule that is broken.
    """

    sent: Counts
    sent_again: int
    sent_late: int
    malformed: Counts
    taken_in: Mapping[str, Counts]
    refused_unread: int
    ignored: Counts
    quarantined: Counts
    waiting: Counts
    unexpected_answers: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Orders by state, by where they were made; reasons of those held and refused."""

    by_state: Mapping[str, Counts]
    held: Counts
    refused: Counts
    split: int
    returns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Postings:
    """What became of the postings. ``lag`` is from the fact to its document in the ERP, in seconds."""

    by_state: Counts
    rate_per_second: float
    drain_seconds: int | None
    lag_p50_seconds: float
    lag_p99_seconds: float
    throttled_calls: int
    lost_answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """Counts of one day. ``zeros`` must all be zero; everything else is for reading."""

    dataset: str
    business_date: str
    erp: str
    zeros: Counts
    messages: Messages
    orders: Orders
    facts: Mapping[str, Whereabouts]
    comparisons: Sequence[ComparisonLine]
    breaks: Sequence[BreakLine]
    postings: Postings
    invariants: Counts
    """How many queries ran, by service."""
    broken_invariants: Counts
    """Rows found, by service and query."""
    seconds: Mapping[str, float]
    examples: Mapping[str, str]

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing doubled, nothing oversold, and every system agrees."""
        return not any(self.zeros.values())

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return {"clean": self.clean} | asdict(self)


def zeros_of(
    breaks: Sequence[BreakLine],
    facts: Mapping[str, Whereabouts],
    *,
    oversold_units: int,
    erp_doubled_keys: int,
    broken_invariants: Counts,
    stuck: int,
    dead_letters: int,
) -> dict[str, int]:
    """The figures that must be zero. ERP doubles are counted by reconciliation and by the ERP itself."""
    return {
        "units_oversold": oversold_units,
        "orders_lost": _count(breaks, "MISSING_IN_MESH"),
        "orders_doubled": _count(breaks, "DOUBLED_IN_MESH"),
        "facts_lost": sum(len(found.lost) for found in facts.values()),
        "erp_documents_doubled": max(_count(breaks, "DOUBLED_IN_ERP"), erp_doubled_keys),
        "reconciliation_breaks": len(breaks),
        "invariant_rows": sum(broken_invariants.values()),
        "messages_stuck": stuck,
        "dead_letters": dead_letters,
    }


def _count(breaks: Sequence[BreakLine], kind: str) -> int:
    return sum(found.kind == kind for found in breaks)

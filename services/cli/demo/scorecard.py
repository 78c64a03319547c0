"""What the day came to, and whether every zero is zero."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class BreakLine:
    """A disagreement between two systems, in words."""

    kind: str
    subject: str
    expected: str
    found: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Counts of one day. ``zeros`` must all be zero; everything else is for reading."""

    dataset: str
    business_date: str
    erp: str
    seconds: Mapping[str, float]
    messages_sent: Mapping[str, int]
    messages: Mapping[str, int]
    answers: Mapping[str, int]
    unexpected_answers: Sequence[str]
    quarantined: Mapping[str, int]
    refused_unread: int
    orders: Mapping[str, int]
    held: Mapping[str, int]
    refused: Mapping[str, int]
    split_orders: int
    returns: int
    postings: Mapping[str, int]
    posting_backlog: int
    posting_rate_per_second: float
    posting_drain_seconds: int | None
    posting_lag_p50_seconds: float
    posting_lag_p99_seconds: float
    erp_throttled_calls: int
    erp_lost_answers: int
    dead_letters: int
    comparisons: Sequence[Mapping[str, Any]]
    breaks: Sequence[BreakLine]
    broken_invariants: Mapping[str, int]
    zeros: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, str] = field(default_factory=dict)

    @property
    def clean(self) -> bool:
        """Nothing lost, nothing doubled, nothing oversold, and every system agrees."""
        return not any(self.zeros.values())

    def described(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"clean": self.clean}


LOST = ("MISSING_IN_MESH",)
DOUBLED = ("DOUBLED_IN_MESH",)
DOUBLED_IN_ERP = ("DOUBLED_IN_ERP",)


def zeros_of(
    breaks: Sequence[BreakLine],
    *,
    oversold_units: int,
    erp_doubled_keys: int,
    broken_invariants: Mapping[str, int],
    stuck: int,
    dead_letters: int,
) -> dict[str, int]:
    """The figures that must be zero. ERP doubles are counted by reconciliation and by the ERP itself."""
    return {
        "units oversold": oversold_units,
        "orders lost": _count(breaks, LOST),
        "orders doubled": _count(breaks, DOUBLED),
        "ERP documents doubled": max(_count(breaks, DOUBLED_IN_ERP), erp_doubled_keys),
        "reconciliation breaks": len(breaks),
        "invariant rows": sum(broken_invariants.values()),
        "messages stuck": stuck,
        "dead letters": dead_letters,
    }


def _count(breaks: Sequence[BreakLine], kinds: Sequence[str]) -> int:
    return sum(found.kind in kinds for found in breaks)

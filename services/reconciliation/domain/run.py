"""One comparison of all systems."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.reconciliation.domain.breaks import Break, Comparison


@dataclass(frozen=True, slots=True)
class Run:
    """What was compared when, and what disagreed."""

    run_id: str
    business_date: date
    started_at: datetime
    finished_at: datetime
    comparisons: Sequence[Comparison]

    @property
    def breaks(self) -> list[Break]:
        """The breaks of all comparisons."""
        return [found for comparison in self.comparisons for found in comparison.breaks]

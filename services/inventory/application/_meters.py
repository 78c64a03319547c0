"""What the business counts: promises made, missed and taken back, and goods that nobody knew of."""

from collections.abc import Iterable

from libs.telemetry import meter
from services.inventory.domain.answers import Issued, Reserved
from services.inventory.domain.outcome import Outcome

promised = meter().create_counter("retail.stock.promised", "{line}", "Order lines that were promised stock")
short = meter().create_counter(
    "retail.stock.short", "{line}", "Order lines that could not be promised in full"
)
displaced = meter().create_counter(
    "retail.stock.displaced", "{line}", "Promised order lines whose goods were not there"
)
unexplained = meter().create_counter(
    "retail.stock.unexplained", "{line}", "Lines of goods that went out without the ledger knowing them"
)


def measure(outcomes: Iterable[Outcome]) -> None:
    """One addition to each counter for a whole batch."""
    totals = [0, 0, 0, 0]
    for answer, _ in outcomes:
        if isinstance(answer, Reserved):
            totals[0] += len(answer.allocations)
            totals[1] += len(answer.shortages)
        elif isinstance(answer, Issued):
            totals[2] += len(answer.displaced)
            totals[3] += len(answer.discrepancies)
    for counter, total in zip((promised, short, displaced, unexplained), totals, strict=True):
        if total:
            counter.add(total)

"""Does inventory keep back exactly what orders promise?"""

from collections.abc import Iterable, Sequence

from services.reconciliation.domain.breaks import Break, BreakKind, Comparison
from services.reconciliation.domain.documents import Promise

PromiseKey = tuple[str, str, str]


def compare_promises(promised: Sequence[Promise], reserved: Sequence[Promise]) -> Comparison:
    """Match by order, line and location; what agrees on quantity matches."""
    left, right = _sums(promised), _sums(reserved)
    breaks = [
        Break(
            BreakKind.RESERVATION_DIFFERS,
            "/".join(key),
            f"{left.get(key, 0)} thousandths promised",
            f"{right.get(key, 0)} thousandths reserved",
            key[0],
        )
        for key in sorted(left.keys() | right.keys())
        if left.get(key, 0) != right.get(key, 0)
    ]
    matched = sum(left[key] == right.get(key) for key in left)
    return Comparison("orders/reservations", len(left), len(right), matched, breaks)


def _sums(promises: Iterable[Promise]) -> dict[PromiseKey, int]:
    sums: dict[PromiseKey, int] = {}
    for promise in promises:
        key = (promise.order_id, promise.line_id, promise.location_id)
        sums[key] = sums.get(key, 0) + promise.milli
    return sums

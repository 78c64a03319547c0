"""When a posting is tried again."""

from datetime import timedelta

LONGEST = timedelta(minutes=5)
FIRST = timedelta(milliseconds=200)
LONGEST_FOR_ANOTHER = timedelta(seconds=2)
FIRST_FOR_ANOTHER = timedelta(milliseconds=50)
"""About as long as opening a customer's account takes."""


def wait_before(tries: int, jitter: float) -> timedelta:
    """Doubles with each try; ``jitter`` from 0 to 1 spreads postings that failed together."""
    return min(_doubled(FIRST, tries), LONGEST) * (0.5 + jitter / 2)


def wait_for_another(tries: int, jitter: float) -> timedelta:
    """While another posting opens the customer's account that both need."""
    return min(_doubled(FIRST_FOR_ANOTHER, tries), LONGEST_FOR_ANOTHER) * (0.5 + jitter / 2)


def _doubled(first: timedelta, tries: int) -> timedelta:
    return first * int(1 << min(max(tries - 1, 0), 12))

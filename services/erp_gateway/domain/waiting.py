"""When a posting is tried again."""

from datetime import timedelta

LONGEST = timedelta(minutes=5)
FIRST = timedelta(milliseconds=200)


def wait_before(tries: int, jitter: float) -> timedelta:
    """Doubles with each try; ``jitter`` from 0 to 1 spreads postings that failed together."""
    doubled: timedelta = FIRST * (1 << min(max(tries - 1, 0), 12))
    return min(doubled, LONGEST) * (0.5 + jitter / 2)

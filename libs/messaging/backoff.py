"""Waits between attempts: longer each time, bounded, and never in step with other processes."""

import random


class NotStarted(Exception):
    """Nothing was tried yet."""


class Backoff:
    """``next()`` gives the seconds to wait; ``reset()`` after a success."""

    def __init__(self, first: float = 0.1, longest: float = 5.0) -> None:
        self._first = first
        self._longest = longest
        self._attempts = 0

    def next(self) -> float:
        # The exponent is bounded because an outage may last for days.
        ceiling = min(self._longest, self._first * 2.0 ** min(self._attempts, 32))
        self._attempts += 1
        return ceiling * (0.5 + random.random() / 2)

    def reset(self) -> None:
        self._attempts = 0

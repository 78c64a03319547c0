"""What a cache holds: values and known absences, each for its time, the least recently used leaving first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from enum import Enum
from typing import Final, Generic, Literal, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Absence(Enum):
    MISSING = "missing"


MISSING: Final = Absence.MISSING
"""The source was asked and does not know the key."""


class Entries(Generic[K, V]):
    """At most ``max_entries`` of them; ``now`` is a clock in seconds that never goes back."""

    def __init__(
        self, max_entries: int, ttl_seconds: float, missing_ttl_seconds: float, now: Callable[[], float]
    ) -> None:
        self._max_entries = max_entries
        self._ttl_seconds = ttl_seconds
        self._missing_ttl_seconds = missing_ttl_seconds
        self._now = now
        self._entries: OrderedDict[K, tuple[float, V | Literal[Absence.MISSING]]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | Literal[Absence.MISSING] | None:
        """The value, `MISSING`, or None when nothing fresh is held."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        until, value = entry
        if until <= self._now():
            del self._entries[key]
            return None
        self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V | Literal[Absence.MISSING]) -> None:
        ttl = self._missing_ttl_seconds if value is MISSING else self._ttl_seconds
        if ttl <= 0:
            return
        self._entries[key] = (self._now() + ttl, value)
        self._entries.move_to_end(key)
        if len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)

    def drop(self, key: K) -> None:
        self._entries.pop(key, None)

    def clear(self) -> None:
        self._entries.clear()

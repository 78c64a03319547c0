"""How well the stand-in ERP feels: its slots, its faults and its speed, decided by the number of the call."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum

from services.sandbox.domain.dice import Dice

RETRY_AFTER_SECONDS = 1


class Fault(StrEnum):
    """What goes wrong with a call."""

    NONE = "none"
    FAILED_BEFORE = "failed_before"
    """Answered 500 or 503; nothing was written."""
    ANSWER_LOST = "answer_lost"
    """Written, then the connection breaks."""
    ANSWER_TIMED_OUT = "answer_timed_out"
    """Written, then answered 504 by the proxy in front."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Thousandths of calls that fail before the write or lose their answer after it, and their duration."""

    failed_before: int
    answer_lost: int
    latency_ms: tuple[int, int]


@dataclass(slots=True)
class Condition:
    """Slots in use and everything counted since the start. Not thread-safe: one event loop owns it."""

    dice: Dice
    weather: Weather
    slots: int
    in_use: int = 0
    most_in_use: int = 0
    calls: int = 0
    turned_away: int = 0
    calls_by_route: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def take_slot(self) -> bool:
        """False when all slots are taken: the call is to be answered 429."""
        if self.in_use >= self.slots:
            self.turned_away += 1
            return False
        self.in_use += 1
        self.most_in_use = max(self.most_in_use, self.in_use)
        return True

    def free_slot(self) -> None:
        self.in_use -= 1

    def begin(self, route: str) -> int:
        """The number of a call that has a slot."""
        self.calls += 1
        self.calls_by_route[route] += 1
        return self.calls

    def fault_of(self, call: int, *, writes: bool) -> Fault:
        """Reading calls lose no answers: a reader may simply ask again."""
        drawn = self.dice.number("fault", call, below=1000)
        if drawn < self.weather.failed_before:
            return self._count(Fault.FAILED_BEFORE)
        if writes and drawn < self.weather.failed_before + self.weather.answer_lost:
            broken = self.dice.chance("how lost", call, per_mille=500)
            return self._count(Fault.ANSWER_LOST if broken else Fault.ANSWER_TIMED_OUT)
        return Fault.NONE

    def _count(self, fault: Fault) -> Fault:
        self.faults[fault] += 1
        return fault

    def seconds_of(self, call: int) -> float:
        least, most = self.weather.latency_ms
        return (least + self.dice.number("latency", call, below=most - least + 1)) / 1000

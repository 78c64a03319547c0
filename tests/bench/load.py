"""A closed-loop load: a fixed number of callers, each with one call in flight, for a bounded time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

__all__ = ["Load", "percentile", "run_load"]


def percentile(sorted_values: list[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie; 0 for no values."""
    if not sorted_values:
        return 0.0
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


@dataclass(frozen=True, slots=True)
class Load:
    """What a load did: calls done, seconds it ran, each call's seconds ascending, failures by kind."""

    calls: int
    seconds: float
    latencies: list[float]
    failures: dict[str, int]

    @property
    def rate(self) -> float:
        """Calls a second."""
        return self.calls / self.seconds

    def milliseconds(self, share: float) -> float:
        """Latency percentile in milliseconds."""
        return percentile(self.latencies, share) * 1000


async def run_load(
    call: Callable[[int], Awaitable[object]],
    *,
    in_flight: int,
    seconds: float,
    warm_up_seconds: float = 1.0,
) -> Load:
    """Keep `in_flight` calls running for `seconds` after a warm-up; each `call` gets its own number."""
    latencies: list[float] = []
    failures: dict[str, int] = {}
    number = 0
    began = time.perf_counter()
    counting_from = began + warm_up_seconds
    until = counting_from + seconds

    async def caller() -> None:
        nonlocal number
        while (start := time.perf_counter()) < until:
            number += 1
            try:
                await call(number)
            except Exception as error:
                kind = type(error).__name__
                failures[kind] = failures.get(kind, 0) + 1
                continue
            end = time.perf_counter()
            if start >= counting_from and end <= until:
                latencies.append(end - start)

    await asyncio.gather(*(caller() for _ in range(in_flight)))
    latencies.sort()
    return Load(calls=len(latencies), seconds=seconds, latencies=latencies, failures=failures)

"""Waiting for what happens elsewhere, without guessing how long it takes."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

POLL_SECONDS = 0.02


async def poll_until(predicate: Callable[[], T | Awaitable[T]], deadline: float = 10.0) -> T:
    """The first true answer of a function or coroutine function; AssertionError after ``deadline`` s."""
    ends = time.monotonic() + deadline
    while True:
        answer = predicate()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > ends:
            raise AssertionError(f"not within {deadline} s; the last answer was {answer!r}")
        await asyncio.sleep(POLL_SECONDS)

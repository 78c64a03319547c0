"""The answers to many commands of one caller, who waits for all of them together."""

import asyncio
from typing import Generic, TypeVar, cast

R = TypeVar("R")


class Group(Generic[R]):
    """``answers`` is done when each part has its answer. One future for all: tasks or futures for each would
    cost more than many a command itself."""

    __slots__ = ("answers", "missing", "parts", "results")

    def __init__(self, size: int) -> None:
        self.answers: asyncio.Future[list[R | Exception]] = asyncio.get_running_loop().create_future()
        self.missing = size
        self.parts = [Part(self, position) for position in range(size)]
        self.results: list[R | Exception | None] = [None] * size

    def put(self, position: int, result: R | Exception) -> None:
        self.results[position] = result
        self.missing -= 1
        if not self.missing and not self.answers.done():
            self.answers.set_result(cast("list[R | Exception]", self.results))


class Part(Generic[R]):
    """The place of one command's answer; to whoever answers it looks like a future."""

    __slots__ = ("answered", "group", "position")

    def __init__(self, group: Group[R], position: int) -> None:
        self.group = group
        self.position = position
        self.answered = False

    def done(self) -> bool:
        return self.answered or self.group.answers.done()

    def set_result(self, result: R) -> None:
        self.answered = True
        self.group.put(self.position, result)

    def set_exception(self, error: Exception) -> None:
        self.answered = True
        self.group.put(self.position, error)

    def cancel(self) -> None:
        """Nobody answers this command any more, so the caller waits in vain."""
        if not self.answered:
            self.group.answers.cancel()

"""Calls of many RPCs carried out in few transactions."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from libs.batch import MicroBatcher
from services.inventory.application.ports import Call

Result = bytes | Exception
UseCase = Callable[[Sequence[Call]], Awaitable[Sequence[Result]]]
Group = Sequence[Call]


class CallBatches:
    """What queued while the last batch ran is the next: single calls share a transaction, bulks fill several.

    max_calls and max_lines: calls in one transaction, and lines of theirs, unless a single call has more.
    They also bound how long computing holds up other answers.
    max_waiting: RPCs waiting, beyond which `Overloaded` is raised.
    """

    def __init__(
        self, name: str, use_case: UseCase, *, max_calls: int, max_lines: int, max_waiting: int
    ) -> None:
        self._use_case = use_case
        self._max_calls = max_calls
        self._max_lines = max_lines
        # One batch at a time: a second one would mostly wait for the rows that the first has locked.
        self._batcher: MicroBatcher[Group, list[Result]] = MicroBatcher(
            self._handle, name=name, max_batch=max_calls, max_queue=max_waiting, concurrency=1
        )

    async def submit(self, calls: Group) -> list[Result]:
        """The results in the order of the calls. Raises `Overloaded`, `Unavailable`."""
        return await self._batcher.submit(calls)

    async def close(self) -> None:
        await self._batcher.close()

    async def _handle(self, groups: Sequence[Group]) -> Sequence[list[Result] | Exception]:
        results: list[Result] = []
        calls = [call for group in groups for call in group]
        try:
            for portion in portions(calls, self._max_calls, self._max_lines):
                results += await self._use_case(portion)
        except Exception as error:
            # The database is away: nobody's turn would go better, and all may come again.
            return [error] * len(groups)
        ends = [0]
        for group in groups:
            ends.append(ends[-1] + len(group))
        return [results[start:end] for start, end in pairwise(ends)]


def portions(calls: Iterable[Call], max_calls: int, max_lines: int) -> Iterator[list[Call]]:
    portion: list[Call] = []
    lines = 0
    for call in calls:
        size = len(getattr(call.command, "lines", ()))
        if portion and (len(portion) == max_calls or lines + size > max_lines):
            yield portion
            portion, lines = [], 0
        portion.append(call)
        lines += size
    if portion:
        yield portion

"""Group commit for concurrent callers: what queued while the last batch ran is the next batch."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from libs.batch.group import Group, Part
from libs.refusals import Overloaded, Refusal, Unavailable
from libs.telemetry import get_logger

log = get_logger(__name__)

C = TypeVar("C")
R = TypeVar("R")

Answer = asyncio.Future[R] | Part[R]


class MicroBatcher(Generic[C, R]):
    """Feeds commands of many callers to ``handle`` in batches, without ever waiting for a batch to fill.

    ``handle`` answers each command in order with a result, or with an exception that its caller will see.
    When ``handle`` itself raises, it must have kept nothing of the batch: each command is then handled
    alone, so a bad command fails only its caller. A failure can hide a commit that succeeded, so ``handle``
    must be idempotent. A caller that is cancelled while its command waits is forgotten; once handling has
    begun the command is carried out, whoever still listens.

    max_batch: commands handled together. max_queue: commands waiting, beyond which `Overloaded` is raised.
    concurrency: batches handled at the same time; 1 keeps the order of submission across batches.
    worthwhile: commands that must wait for a further batch to begin beside those under way. Two small batches
    at a time cost more than one of twice the size that begins a little later.
    """

    def __init__(
        self,
        handle: Callable[[Sequence[C]], Awaitable[Sequence[R | Refusal | Exception]]],
        *,
        name: str,
        max_batch: int = 256,
        max_queue: int = 4096,
        concurrency: int = 2,
        worthwhile: int = 1,
    ) -> None:
        if min(max_batch, max_queue, concurrency, worthwhile) < 1:
            raise ValueError("bounds of a batcher must be positive")
        self._handle = handle
        self._name = name
        self._max_batch = max_batch
        self._max_queue = max_queue
        self._concurrency = concurrency
        self._worthwhile = worthwhile
        self._waiting: OrderedDict[Answer[R], C] = OrderedDict()
        self._workers: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Commands queued and not yet being handled."""
        return len(self._waiting)

    async def submit(self, command: C) -> R:
        """Answer ``command``, or raise what ``handle`` answered for it.

        Raises `Overloaded` when the queue is full, `Unavailable` after `close`; nothing was done then.
        """
        self._admit(1)
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting[answer] = command
        self._start_workers(1)
        try:
            return await answer
        finally:
            self._waiting.pop(answer, None)

    async def submit_all(self, commands: Sequence[C]) -> list[R | Exception]:
        """Answer each command of one caller, in order; an answer may be an exception, which is not raised.

        Cheaper than submitting one by one. The commands take their turns with those of other callers, and may
        be spread over several batches. Raises `Overloaded` when the queue has no room for all of them,
        `Unavailable` after `close`; nothing was done then.
        """
        if not commands:
            return []
        self._admit(len(commands))
        group: Group[R] = Group(len(commands))
        self._waiting.update(zip(group.parts, commands, strict=True))
        self._start_workers(len(commands))
        try:
            return await group.answers
        finally:
            for part in group.parts:
                self._waiting.pop(part, None)

    async def close(self) -> None:
        """Refuse new commands and return when all accepted ones are answered. Closing twice is harmless."""
        self._closed = True
        while self._workers:
            await asyncio.wait(self._workers)

    def _admit(self, commands: int) -> None:
        if self._closed:
            raise Unavailable(f"{self._name} is shutting down", retry_after_seconds=1.0)
        if len(self._waiting) + commands > self._max_queue:
            raise Overloaded(f"{self._name} has {self._max_queue} commands waiting", retry_after_seconds=0.5)

    def _start_workers(self, commands: int) -> None:
        """Begin the batches that so many new commands make worthwhile."""
        for _ in range(0, commands, self._max_batch):
            if len(self._workers) == self._concurrency or not self._is_worthwhile(len(self._workers)):
                return
            # An own context: a batch must not run under the deadline, identity or span of whoever came first.
            worker = asyncio.get_running_loop().create_task(self._work(), name=self._name, context=Context())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)

    def _is_worthwhile(self, others: int) -> bool:
        """Whether to handle a batch beside so many others."""
        return len(self._waiting) >= (self._worthwhile if others else 1)

    async def _work(self) -> None:
        try:
            while self._is_worthwhile(len(self._workers) - 1):
                size = min(len(self._waiting), self._max_batch)
                await self._answer_batch([self._waiting.popitem(last=False) for _ in range(size)])
        finally:
            # Not left to the callback alone: a caller answered last may submit again before it has run, and
            # would wait for a worker that has ended.
            self._workers -= {asyncio.current_task()}

    async def _answer_batch(self, batch: list[tuple[Answer[R], C]]) -> None:
        try:
            await self._answer(batch)
        finally:
            for answer, _ in batch:
                # Answers are missing only when this task itself is being cancelled.
                answer.cancel()

    async def _answer(self, batch: list[tuple[Answer[R], C]]) -> None:
        listened = [item for item in batch if not item[0].done()]
        if not listened:
            return
        try:
            results = await self._handle([command for _, command in listened])
        except Exception as error:
            await self._answer_alone(listened, error)
            return
        if len(results) != len(listened):
            # Handled already: repeating would hide the defect behind double work.
            results = [AssertionError(f"{self._name} gave {len(results)} answers")] * len(listened)
        for (answer, _), result in zip(listened, results, strict=True):
            settle(answer, result)

    async def _answer_alone(self, batch: list[tuple[Answer[R], C]], error: Exception) -> None:
        if len(batch) == 1:
            settle(batch[0][0], error)
            return
        log.warning("batch_taken_apart", batcher=self._name, size=len(batch), error=type(error).__name__)
        for item in batch:
            await self._answer([item])


def settle(answer: Answer[R], result: R | Exception) -> None:
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)

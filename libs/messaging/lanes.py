"""Keys whose events failed: each is worked on alone and in sequence, while all others go on."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType

from libs.messaging.received import Received


class Lanes:
    """A lane per key, made by its first event and gone after its last.

    How many events wait in all lanes is bounded by what the broker hands out without acknowledgement.
    """

    def __init__(
        self, handle: Callable[[Received], Awaitable[None]], failed: Callable[[BaseException], None]
    ) -> None:
        self._handle = handle
        self._failed = failed
        self._queues: dict[str, deque[Received]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Lanes":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What was not finished stays unacknowledged and comes again."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def hold(self, event: Received) -> bool:
        """Put the event behind the others of its key, if that has a lane."""
        queue = self._queues.get(event.key)
        if queue is None:
            return False
        queue.append(event)
        return True

    def put(self, event: Received) -> None:
        if not self.hold(event):
            self._queues[event.key] = deque([event])
            task = asyncio.create_task(self._work(event.key))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    async def _work(self, key: str) -> None:
        queue = self._queues[key]
        while queue:
            await self._handle(queue[0])
            queue.popleft()
        del self._queues[key]

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._failed(error)

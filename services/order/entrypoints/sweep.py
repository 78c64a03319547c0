"""Work that waits to be done: looked for at intervals, and at once when somebody says so."""

import asyncio
from collections.abc import Awaitable, Callable

from libs.refusals import Unavailable
from libs.telemetry import get_logger

log = get_logger(__name__)


class Sweep:
    """Runs ``action`` until it says that nothing is left, and again after ``seconds`` or when woken.

    A failure, or a neighbour that is away, is logged and tried again at the next interval.
    """

    def __init__(self, seconds: float, action: Callable[[], Awaitable[bool]], *, name: str) -> None:
        self._seconds = seconds
        self._action = action
        self._name = name
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        self._woken.set()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                while await self._action():
                    pass
            except Unavailable as unavailable:
                log.warning("sweep_waits", sweep=self._name, reason=unavailable.message)
            except Exception as error:
                log.error("sweep_failed", error, sweep=self._name)
            try:
                async with asyncio.timeout(self._seconds):
                    await self._woken.wait()
            except TimeoutError:
                continue

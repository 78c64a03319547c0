"""What has to be done again and again, whoever calls."""

import asyncio
from collections.abc import Awaitable, Callable

from libs.telemetry import get_logger

log = get_logger(__name__)


class Sweep:
    """Runs ``work`` every ``interval`` seconds, and at once again while it answers that there is more."""

    def __init__(self, name: str, work: Callable[[], Awaitable[bool]], *, interval: float) -> None:
        self._name = name
        self._work = work
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """A transaction under way is rolled back; the next process finds the same work."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            if not await self._more():
                await asyncio.sleep(self._interval)

    async def _more(self) -> bool:
        try:
            return await self._work()
        except Exception as error:
            # The database may be away; whatever it is, the next round tries again.
            log.error("sweep_failed", error, sweep=self._name)
            return False

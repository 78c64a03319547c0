"""Starting and stopping what a service is made of."""

import asyncio
import inspect
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Protocol

from libs.telemetry import get_logger

log = get_logger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Part(Protocol):
    """What can be started once and stopped once; stopping lets work under way finish."""

    async def start(self) -> Any: ...
    async def stop(self) -> None: ...


class Closing:
    """A part that needs no starting: an engine or a client that only has to be closed at the end.

    ``close`` may be a function or a coroutine function.
    """

    def __init__(self, close: Callable[[], object]) -> None:
        self._close = close

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        closing = self._close()
        if inspect.isawaitable(closing):
            await closing


class Every:
    """A part that runs ``action`` at once and every ``seconds`` from then on; a failure is only logged."""

    def __init__(self, seconds: float, action: Callable[[], Awaitable[object]], *, name: str) -> None:
        self._seconds = seconds
        self._action = action
        self._name = name
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            try:
                await self._action()
            except Exception as error:
                log.error("periodic_action_failed", error, action=self._name)
            await asyncio.sleep(self._seconds)


async def serve(*parts: Part) -> None:
    """Start ``parts`` in order, run until SIGTERM or SIGINT, stop them in reverse order.

    List what others need first: the database before the server. When a part cannot be started, those before
    it are stopped and its error is raised. A part that fails to stop does not keep the others from stopping.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    try:
        async with AsyncExitStack() as started:
            for part in parts:
                # A signal during a long start ends the service as soon as that part is up.
                if stop.is_set():
                    break
                await part.start()
                started.push_async_callback(part.stop)
            else:
                log.info("service_started")
            await stop.wait()
            log.info("service_stopping")
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)

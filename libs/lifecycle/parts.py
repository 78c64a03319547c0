"""Starting and stopping what a service is made of."""

import asyncio
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
    """A part that needs no starting: an engine or a client that only has to be closed at the end."""

    def __init__(self, close: Callable[[], Awaitable[object]]) -> None:
        self._close = close

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        await self._close()


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

"""gRPC health (``grpc.health.v1``): ``""`` is liveness, ``readiness`` and each service name readiness."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from grpc_health.v1.health import aio
from grpc_health.v1.health_pb2 import HealthCheckResponse

from libs.rpc.readiness import Readiness

READINESS = "readiness"


class Health:
    def __init__(self, readiness: Readiness, services: Iterable[str]) -> None:
        self.servicer = aio.HealthServicer()
        self._readiness = readiness
        self._names = (READINESS, *services)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Answer truthfully from the first call on, then keep asking the checks."""
        await self._refresh()
        self._task = asyncio.create_task(self._watch(), name="readiness")

    async def stop(self) -> None:
        """Say NOT_SERVING from now on, so that no new calls are sent here."""
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self.servicer.enter_graceful_shutdown()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._readiness.interval_seconds)
            await self._refresh()

    async def _refresh(self) -> None:
        failing = await self._readiness.failing()
        status = HealthCheckResponse.NOT_SERVING if failing else HealthCheckResponse.SERVING
        for name in self._names:
            await self.servicer.set(name, status)

"""The stand-ins' HTTP server: one application of several faces."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from aiohttp import web

from libs.telemetry import get_logger
from services.sandbox.entrypoints.answers import refusals_as_statuses

log = get_logger(__name__)

LARGEST_BODY = 8 * 1024 * 1024
"""Order lines of the largest invoice fit several times."""


class Face(Protocol):
    def routes(self) -> list[web.RouteDef]: ...


def application(faces: Iterable[Face]) -> web.Application:
    app = web.Application(middlewares=[refusals_as_statuses], client_max_size=LARGEST_BODY)
    for face in faces:
        app.add_routes(face.routes())
    return app


class HttpServer:
    """A part of the service that serves until stopped; held answers are cut off after ``grace`` seconds."""

    def __init__(self, address: str, faces: Sequence[Face], grace: float) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._runner = web.AppRunner(application(faces), shutdown_timeout=grace, access_log=None)
        self.port = 0
        """The port bound by `start`."""

    async def start(self) -> int:
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self.port = int(self._runner.addresses[0][1])
        log.info("http_serving", port=self.port)
        return self.port

    async def stop(self) -> None:
        await self._runner.cleanup()

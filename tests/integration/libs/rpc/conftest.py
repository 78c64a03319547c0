from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from libs.identity import issue_certificate, make_development_ca
from libs.rpc import MeshServer, Readiness, build_server, open_channel
from libs.settings import ServiceSettings
from tests.integration.libs.rpc.echo import REASONS, EchoServicer, service

TRUST_DOMAIN = "shop.example"


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, an ``echo`` service and two callers, of whom the policies list ``order`` alone."""
    directory = tmp_path_factory.mktemp("tls")
    make_development_ca(directory)
    for workload in ("echo", "order", "pos_gateway"):
        issue_certificate(directory, workload, TRUST_DOMAIN)
    return directory


@dataclass
class Echo:
    """A running echo service and ways to reach it."""

    tls: Path
    servicer: EchoServicer
    server: MeshServer
    exits: AsyncExitStack = field(default_factory=AsyncExitStack)

    def settings(self, workload: str, **given: Any) -> ServiceSettings:
        peers = {"echo": f"127.0.0.1:{self.server.port}"}
        given = {"service": workload, "tls_dir": str(self.tls), "peers": peers} | given
        return ServiceSettings(trust_domain=TRUST_DOMAIN, **given)

    async def channel(self, workload: str = "order", **given: Any) -> grpc.aio.Channel:
        channel = open_channel(self.settings(workload, **given), "echo")
        return await self.exits.enter_async_context(channel)


Start = Callable[..., Awaitable[Echo]]


@pytest.fixture
async def start_echo(tls: Path) -> AsyncIterator[Start]:
    """Starts echo services; settings and readiness may be given."""
    async with AsyncExitStack() as exits:

        async def start(readiness: Readiness | None = None, tls: Path = tls, **given: Any) -> Echo:
            settings = ServiceSettings(
                **{"service": "echo", "tls_dir": str(tls), "trust_domain": TRUST_DOMAIN, **given}
            )
            servicer = EchoServicer()
            server = build_server(settings, [service(servicer)], readiness or Readiness(), [REASONS])
            echo = Echo(tls, servicer, server)
            await server.start()
            exits.push_async_callback(server.stop, 0)
            exits.push_async_callback(echo.exits.aclose)
            return echo

        yield start


@pytest.fixture
async def echo(start_echo: Start) -> Echo:
    return await start_echo()

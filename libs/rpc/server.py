"""A gRPC server of the mesh, composed from servicers that know nothing of transport."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.descriptor import EnumDescriptor, ServiceDescriptor
from grpc_health.v1 import health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from libs.rpc.credentials import TlsFolder, server_credentials
from libs.rpc.health import Health
from libs.rpc.interceptor import MeshInterceptor
from libs.rpc.policies import OPEN_SERVICES, Callers, callers_by_method
from libs.rpc.readiness import Readiness
from libs.rpc.reasons import COMMON_REASONS, Reasons, known_reasons
from libs.rpc.transport import server_options
from libs.settings import ServiceSettings
from libs.telemetry import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RpcService:
    """A servicer with its contract; its methods are async and raise refusals instead of setting statuses."""

    add_to_server: Callable[[Any, grpc.aio.Server], None]
    """The generated ``add_<Service>Servicer_to_server``."""
    servicer: object
    descriptor: ServiceDescriptor


class MeshServer:
    """Serves until stopped; made by `build_server`."""

    def __init__(
        self, server: grpc.aio.Server, health: Health, address: str, tls: TlsFolder, grace: float
    ) -> None:
        self._server = server
        self._health = health
        self._address = address
        self._tls = tls
        self._grace = grace
        self.port = 0
        """The port bound by `start`."""

    async def start(self) -> int:
        """Bind and serve; returns the port. Raises RuntimeError when the address is taken."""
        self.port = self._server.add_secure_port(self._address, server_credentials(self._tls))
        await self._health.start()
        await self._server.start()
        log.info("grpc_serving", port=self.port)
        return self.port

    async def stop(self, grace: float | None = None) -> None:
        """Accept no more, let calls under way finish for ``grace`` seconds, cancel the rest."""
        await self._health.stop()
        await self._server.stop(self._grace if grace is None else grace)


def build_server(
    settings: ServiceSettings,
    services: Sequence[RpcService],
    readiness: Readiness,
    reasons: Sequence[EnumDescriptor] = (),
) -> MeshServer:
    """A server with health and reflection; ``reasons`` are the domain's ``ErrorReason`` enums.

    Every call needs a certificate of the trust domain's authority and a policy in the contract that lists the
    caller. Requests that break their contract's rules never reach a servicer, and no servicer needs a
    ``try``: refusals and failures become statuses, see `status_of`.
    """
    descriptors = [service.descriptor for service in services]
    known_reasons.add(reasons)
    interceptor = MeshInterceptor(
        allowed=callers_by_method(descriptors),
        callers=Callers(settings.trust_domain),
        default_deadline=settings.grpc_deadline,
        reasons=Reasons([*reasons, COMMON_REASONS]),
    )
    server = grpc.aio.server(
        interceptors=[interceptor],
        options=server_options(settings),
        maximum_concurrent_rpcs=settings.grpc_max_concurrent,
    )
    for service in services:
        service.add_to_server(service.servicer, server)
    health = Health(readiness, [descriptor.full_name for descriptor in descriptors])
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    reflected = [descriptor.full_name for descriptor in (*descriptors, *OPEN_SERVICES)]
    reflection.enable_server_reflection(reflected, server)
    tls = TlsFolder(settings.tls_dir, settings.service)
    return MeshServer(server, health, settings.grpc_address, tls, settings.grpc_grace)

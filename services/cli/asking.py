"""Calls to the services of a running mesh, made as workload ``cli``."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
import nats
from google.protobuf.message import Message
from nats.aio.client import Client
from nats.errors import NoServersError

from libs.refusals import Refusal, Unavailable
from libs.rpc import refusal_of
from libs.rpc.refusals import RemoteRefusal, detail, status_in
from libs.stack import Mesh, StackError
from retailmesh.channel.v1.channel_service_pb2_grpc import ChannelGatewayServiceStub
from retailmesh.erp.v1.erp_service_pb2_grpc import ErpGatewayServiceStub
from retailmesh.inventory.v1.inventory_service_pb2_grpc import InventoryServiceStub
from retailmesh.order.v1.order_service_pb2_grpc import OrderServiceStub
from retailmesh.pos.v1.pos_service_pb2_grpc import PosGatewayServiceStub
from retailmesh.reconciliation.v1.reconciliation_service_pb2_grpc import ReconciliationServiceStub
from retailmesh.type.v1.page_pb2 import PageRequest

T = TypeVar("T")

STUBS: dict[str, Callable[[grpc.aio.Channel], Any]] = {
    "channel_gateway": ChannelGatewayServiceStub,
    "erp_gateway": ErpGatewayServiceStub,
    "inventory": InventoryServiceStub,
    "order": OrderServiceStub,
    "pos_gateway": PosGatewayServiceStub,
    "reconciliation": ReconciliationServiceStub,
}
PAGE = 1000
CONNECT_SECONDS = 3
RECONNECT_SECONDS = 0.2
CALL_SECONDS = 30.0


class CallRefused(StackError):
    """A service refused a call or gave no answer; the message is for the person who asked."""

    def __init__(self, service: str, refusal: Refusal) -> None:
        super().__init__(f"{service}: {described(refusal)}")
        self.service = service
        self.reason = refusal.reason


def refused(service: str, error: grpc.aio.AioRpcError) -> CallRefused:
    unreached = error.code() is grpc.StatusCode.UNAVAILABLE and not status_in(error).details
    # The library's own words name sockets and back ends; what matters is that nobody answered.
    return CallRefused(service, Unavailable("cannot be reached") if unreached else refusal_of(error))


def described(refusal: Refusal) -> str:
    reason = refusal.reason.removeprefix("ERROR_REASON_").lower().replace("_", " ")
    return f"{refusal.message or 'no answer'} ({reason})" + "".join(f"\n  {it}" for it in violations(refusal))


def violations(refusal: Refusal) -> list[str]:
    """Each broken rule behind its field."""
    if not isinstance(refusal, RemoteRefusal):
        return [refusal.field] if refusal.field else []
    from google.rpc.error_details_pb2 import BadRequest

    found = detail(refusal.status, BadRequest()) or BadRequest()
    return [f"{it.field}: {it.description}" for it in found.field_violations]


class Services:
    """The services of a mesh and its broker; each is connected to when it is first asked."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._stubs: dict[str, Any] = {}
        self._channels: list[grpc.aio.Channel] = []
        self._nats: Client | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.gather(*(channel.close() for channel in self._channels))
        if self._nats is not None:
            await self._nats.close()

    async def ask(self, service: str, rpc: str, request: Message, seconds: float = CALL_SECONDS) -> Any:
        """The answer of ``service``. Raises `CallRefused`."""
        try:
            return await getattr(self._stub(service), rpc)(request, timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise refused(service, error) from None

    async def ask_all(self, service: str, rpc: str, request: Any) -> AsyncIterator[Any]:
        """Every page of a list, each as large as may be unless the request says otherwise."""
        token, size = "", request.page.page_size or PAGE
        while True:
            request.page.CopyFrom(PageRequest(page_size=size, page_token=token))
            page = await self.ask(service, rpc, request)
            yield page
            token = page.page.next_page_token
            if not token:
                return

    async def broker(self) -> Client:
        """The connection to NATS. Raises StackError."""
        if self._nats is None:
            try:
                self._nats = await nats.connect(
                    self._mesh.nats_url,
                    name="cli",
                    allow_reconnect=False,
                    # Counts first tries too: without it the library tries for minutes.
                    max_reconnect_attempts=1,
                    reconnect_time_wait=RECONNECT_SECONDS,
                    connect_timeout=CONNECT_SECONDS,
                    error_cb=unheard,
                )
            except (OSError, TimeoutError, NoServersError, nats.errors.TimeoutError) as error:
                raise StackError(f"nats: cannot be reached ({type(error).__name__})") from None
        return self._nats

    def _stub(self, service: str) -> Any:
        if service not in self._stubs:
            channel = self._mesh.channel(service)
            self._channels.append(channel)
            self._stubs[service] = STUBS[service](channel)
        return self._stubs[service]


async def unheard(error: Exception) -> None:
    """What the client library would log is in the error that it raises."""


def on_mesh(mesh: Mesh, work: Callable[[Services], Awaitable[T]]) -> T:
    """Run ``work`` with the services of a mesh that runs."""

    async def run() -> T:
        async with Services(mesh) as services:
            return await work(services)

    return asyncio.run(run())

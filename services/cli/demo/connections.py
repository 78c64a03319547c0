"""Connections to everything that the demonstration talks to."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import nats
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine
from libs.stack import Mesh
from retailmesh.channel.v1.channel_service_pb2_grpc import ChannelGatewayServiceStub
from retailmesh.erp.v1.erp_service_pb2_grpc import ErpGatewayServiceStub
from retailmesh.inventory.v1.inventory_service_pb2_grpc import InventoryServiceStub
from retailmesh.masterdata.v1.master_data_service_pb2_grpc import MasterDataServiceStub
from retailmesh.order.v1.order_service_pb2_grpc import OrderServiceStub
from retailmesh.pos.v1.pos_service_pb2_grpc import PosGatewayServiceStub
from retailmesh.reconciliation.v1.reconciliation_service_pb2_grpc import ReconciliationServiceStub
from retailmesh.type.v1.page_pb2 import PageRequest
from services.cli.demo.outside import Outside

PAGE = 1000
STUBS: dict[str, Callable[[grpc.aio.Channel], Any]] = {
    "master_data": MasterDataServiceStub,
    "inventory": InventoryServiceStub,
    "order": OrderServiceStub,
    "channel_gateway": ChannelGatewayServiceStub,
    "pos_gateway": PosGatewayServiceStub,
    "erp_gateway": ErpGatewayServiceStub,
    "reconciliation": ReconciliationServiceStub,
}


@dataclass(frozen=True, slots=True)
class Connections:
    """``engines`` read the databases as an operator does: for invariants and outboxes only."""

    outside: Outside
    stubs: Mapping[str, Any]
    engines: Mapping[str, AsyncEngine]
    nats: Client


@asynccontextmanager
async def connected(mesh: Mesh) -> AsyncIterator[Connections]:
    """Open what is needed to a running mesh, and close it."""
    async with AsyncExitStack() as stack:
        outside = Outside(mesh.http_address("sandbox"))
        stack.push_async_callback(outside.close)
        channels = {name: mesh.channel(name) for name in STUBS}
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        engines = {
            name: create_engine(mesh.database_url(name), application_name="retailmesh-demo", pool_size=1)
            for name in STUBS
        }
        for engine in engines.values():
            stack.push_async_callback(engine.dispose)
        client = await nats.connect(mesh.nats_url)
        stack.push_async_callback(client.close)
        stubs = {name: stub(channels[name]) for name, stub in STUBS.items()}
        yield Connections(outside, stubs, engines, client)


async def pages(rpc: Callable[[Any], Awaitable[Any]], request: Any) -> AsyncIterator[Any]:
    """Every page of a list RPC."""
    token = ""
    while True:
        request.page.CopyFrom(PageRequest(page_size=PAGE, page_token=token))
        page = await rpc(request)
        yield page
        token = page.page.next_page_token
        if not token:
            return

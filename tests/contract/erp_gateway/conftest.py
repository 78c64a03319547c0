from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, transaction
from libs.messaging import Event
from retailmesh.erp.v1 import erp_service_pb2, erp_service_pb2_grpc
from services.erp_gateway.adapters.audited_http import AuditedHttp
from services.erp_gateway.adapters.reads import PostgresPostingReads
from services.erp_gateway.adapters.sandbox_erp import SandboxErp
from services.erp_gateway.adapters.store import PostgresStore
from services.erp_gateway.application.run_posting import Clock, Means, run_posting
from services.erp_gateway.entrypoints.consumers import handlers
from services.erp_gateway.entrypoints.desk import Desk
from services.erp_gateway.entrypoints.grpc import ErpGatewayServicer, Faces
from tests.builders.order_facts import received
from tests.builders.sandbox_erp import TOKEN, SandboxErpServer

NOW = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)


class Time:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **given: float) -> None:
        self.now += timedelta(**given)


@pytest.fixture
def service_name() -> str:
    return "erp_gateway"


@pytest.fixture
def grpc_add_to_server() -> Callable[[Any, grpc.aio.Server], None]:
    return erp_service_pb2_grpc.add_ErpGatewayServiceServicer_to_server


@pytest.fixture
def grpc_descriptor() -> ServiceDescriptor:
    return erp_service_pb2.DESCRIPTOR.services_by_name["ErpGatewayService"]


@pytest.fixture
def grpc_stub_cls() -> type[Any]:
    return erp_service_pb2_grpc.ErpGatewayServiceStub


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application_name="test")
    yield engine
    await engine.dispose()


@pytest.fixture
async def ledger() -> AsyncIterator[SandboxErpServer]:
    server = SandboxErpServer()
    await server.start()
    yield server
    await server.close()


@pytest.fixture
async def means(engine: AsyncEngine, ledger: SandboxErpServer, time: Time) -> AsyncIterator[Means]:
    """What the desk works with, before it was opened."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    http = AuditedHttp(ledger.url, headers, answers_after=1.0, system="test ERP")
    await http.start()
    erp = SandboxErp(http, timedelta(seconds=1), timedelta(seconds=1))
    store = PostgresStore(engine, time, uuid4, timedelta(minutes=1))
    clock = Clock(time, lambda: 0.0)
    desk = Desk(erp, store, clock, limit=15, longest_pause=0.1, beat=10.0, grace=0.0)
    yield Means(erp, store, desk, clock)
    await http.stop()


@pytest.fixture
def grpc_servicer(means: Means, engine: AsyncEngine, time: Time) -> ErpGatewayServicer:
    return ErpGatewayServicer(Faces(means.store, PostgresPostingReads(engine), means.erp, means.slots, time))


@pytest.fixture
def record(engine: AsyncEngine, means: Means) -> Callable[..., Awaitable[None]]:
    """``await record(was_placed(...), ...)``: the events take effect."""
    table = handlers(means.store.within, means.erp.steps_of, lambda: None)

    async def take_in(*events: Event) -> None:
        async with transaction(engine) as connection:
            for event in events:
                event = received(event)
                event.time = NOW
                await table[event.type](connection, [event])

    return take_in


@pytest.fixture
def post(means: Means) -> Callable[[], Awaitable[None]]:
    """``await post()``: each posting that is due is worked on once."""

    async def work() -> None:
        for claimed in await means.store.claim(100):
            await run_posting(means, claimed)

    return work

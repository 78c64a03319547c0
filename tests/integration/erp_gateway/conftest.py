from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, run_invariants, transaction
from libs.messaging import Event, connect_broker, ensure_streams
from libs.messaging.outbox import Recorded
from libs.messaging.publisher import Publisher
from libs.stack import Mesh
from retailmesh.erp.v1 import erp_service_pb2 as pb
from retailmesh.erp.v1 import erp_service_pb2_grpc
from services.erp_gateway.adapters.audited_http import AuditedHttp
from services.erp_gateway.adapters.sandbox_erp import SandboxErp
from services.erp_gateway.adapters.store import PostgresStore
from services.erp_gateway.application.run_posting import Clock
from services.erp_gateway.entrypoints.consumers import handlers
from services.erp_gateway.entrypoints.desk import Desk
from tests.builders.order_facts import received
from tests.builders.polling import poll_until
from tests.builders.sandbox_erp import TOKEN, SandboxErpServer

INVARIANTS = Path(__file__).parents[3] / "services" / "erp_gateway" / "invariants.sql"
SETTLE = timedelta(seconds=0.6)
LEASE = timedelta(seconds=1.5)
ANSWERS_AFTER = 0.5
UNFINISHED = "select count(*) from posting where state in ('PENDING', 'POSTING')"


def utc_now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def service_name() -> str:
    return "erp_gateway"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """After each test the invariants hold."""
    engine = create_engine(database_url, application_name="test", pool_size=20)
    yield engine
    assert await run_invariants(engine, INVARIANTS) == []
    await engine.dispose()


@pytest.fixture
async def ledger() -> AsyncIterator[SandboxErpServer]:
    """The ERP. Whatever happened to it, no document of it is doubled."""
    server = SandboxErpServer()
    await server.start()
    yield server
    assert server.documents.doubles() == []
    await server.close()


@pytest.fixture
def store(engine: AsyncEngine) -> PostgresStore:
    return PostgresStore(engine, utc_now, uuid4, LEASE)


@pytest.fixture
async def erp_client(ledger: SandboxErpServer) -> AsyncIterator[SandboxErp]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    http = AuditedHttp(ledger.url, headers, answers_after=ANSWERS_AFTER, system="test ERP")
    await http.start()
    yield SandboxErp(http, timedelta(seconds=ANSWERS_AFTER), SETTLE)
    await http.stop()


@pytest.fixture
async def patient_client(ledger: SandboxErpServer) -> AsyncIterator[SandboxErp]:
    """Waits much longer for an answer than a lease lasts."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    http = AuditedHttp(ledger.url, headers, answers_after=30.0, system="test ERP")
    await http.start()
    yield SandboxErp(http, timedelta(seconds=30), SETTLE)
    await http.stop()


@pytest.fixture
async def a_desk(
    erp_client: SandboxErp, store: PostgresStore
) -> AsyncIterator[Callable[..., Awaitable[Desk]]]:
    """``await a_desk(limit=2)``: a worker at its desk, as one process has it."""
    async with AsyncExitStack() as stopping:

        async def start(limit: int = 15, grace: float = 5.0, erp: SandboxErp = erp_client) -> Desk:
            clock = Clock(utc_now, lambda: 0.0)
            beat = LEASE.total_seconds() / 4
            desk = Desk(erp, store, clock, limit=limit, longest_pause=0.1, beat=beat, grace=grace)
            stopping.push_async_callback(desk.stop)
            await desk.start()
            return desk

        yield start


@pytest.fixture
def record(
    engine: AsyncEngine, store: PostgresStore, erp_client: SandboxErp
) -> Callable[..., Awaitable[None]]:
    """``await record(was_placed(...), ...)``: the events take effect, in one transaction."""
    table = handlers(store.within, erp_client.steps_of, lambda: None)

    async def take_in(*events: Event) -> None:
        async with transaction(engine) as connection:
            for event in events:
                await table[event.type](connection, [received(event)])

    return take_in


@pytest.fixture
def rows(engine: AsyncEngine) -> Callable[[str], Any]:
    """``await rows("select ...")`` as a list of tuples; of other statements none."""

    async def fetch(query: str) -> list[tuple[Any, ...]]:
        async with transaction(engine) as connection:
            found = await connection.execute(text(query))
            return [tuple(row) for row in found] if found.returns_rows else []

    return fetch


@pytest.fixture
def all_ended(rows: Callable[[str], Any]) -> Callable[..., Awaitable[Any]]:
    """``await all_ended()``: returns when no posting waits any more."""

    async def nothing_waits() -> bool:
        return (await rows(UNFINISHED)) == [(0,)]

    return lambda deadline=20.0: poll_until(nothing_waits, deadline)


# ---- the service as a process


@pytest.fixture
async def publish(mesh: Mesh) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """``await publish(was_placed(...), ...)``: the order service tells."""
    broker = await connect_broker(mesh.nats_url, name="test")
    await ensure_streams(broker.jetstream(), ["RETAIL_ORDER"])
    publisher = Publisher(broker)

    async def send(*events: Event) -> None:
        await publisher.publish([recorded(number, event) for number, event in enumerate(events)])

    yield send
    await broker.close()


def recorded(position: int, event: Event) -> Recorded:
    return Recorded(
        position=position,
        event_id=event.id,
        subject=event.subject,
        type=event.type,
        key=event.key,
        time=event.time,
        traceparent=event.traceparent,
        tracestate=event.tracestate,
        payload=event.payload,
    )


@pytest.fixture
async def connect(mesh: Mesh) -> AsyncIterator[Callable[[], Any]]:
    """``connect()`` is a stub on a new connection: one that was refused waits before it tries again."""
    async with AsyncExitStack() as opened:

        def stub() -> Any:
            channel = mesh.channel("erp_gateway")
            opened.push_async_callback(channel.close)
            return erp_service_pb2_grpc.ErpGatewayServiceStub(channel)

        yield stub


@pytest.fixture
def backlog(connect: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    return lambda: connect().GetBacklog(pb.GetBacklogRequest())


@pytest.fixture
def invariants_hold(mesh: Mesh) -> Callable[[], Awaitable[bool]]:
    async def hold() -> bool:
        engine = create_engine(mesh.database_url("erp_gateway"), application_name="test")
        violations = await run_invariants(engine, INVARIANTS)
        await engine.dispose()
        return violations == []

    return hold

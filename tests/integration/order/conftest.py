from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, run_invariants
from services.order.adapters.reads import PostgresReads
from services.order.adapters.store import PostgresStore
from services.order.app import placing_of, utc_now
from services.order.application.ports import Stock
from services.order.config import Settings
from services.order.convert import OrderDocuments
from services.order.domain.stock import Article
from services.order.entrypoints.grpc import OrderServicer, Ports
from tests.builders.neighbours import PIECE, FakeCatalogue, FakeStock
from tests.conftest import SettingsFactory

INVARIANTS = "services/order/invariants.sql"


@dataclass
class Worker:
    """One process of the service, without a wire; calls it as a stub would."""

    store: PostgresStore
    ports: Ports
    servicer: OrderServicer

    def __getattr__(self, rpc: str) -> Callable[[Any], Any]:
        return lambda request: getattr(self.servicer, rpc)(request, None)


@pytest.fixture
def service_name() -> str:
    return "order"


@pytest.fixture
def stock() -> FakeStock:
    return FakeStock(free={"MILK": {"W001": 10_000_000}, "BREAD": {"W001": 10_000_000}})


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Whatever a test did, the invariants hold afterwards."""
    engine = create_engine(database_url, application_name="test")
    yield engine
    violations = await run_invariants(engine, INVARIANTS)
    await engine.dispose()
    assert violations == []


@pytest.fixture
async def worker(
    database_url: str, engine: AsyncEngine, stock: FakeStock, settings_for: SettingsFactory
) -> AsyncIterator[Callable[..., Worker]]:
    """``worker()`` starts one more process on the same database; its settings can be replaced."""
    catalogue = FakeCatalogue({sku: Article(PIECE, True) for sku in ("MILK", "BREAD")}, {"W001", "S001"})
    async with AsyncExitStack() as running:

        def start(used: Stock = stock, **given: Any) -> Worker:
            settings: Settings = settings_for("order", **{"database_url": database_url} | given)
            own = create_engine(settings.database_url, application_name="test")
            running.push_async_callback(own.dispose)
            store = PostgresStore(own, utc_now, uuid4, retry_first=0.01, retry_longest=0.01)
            ports = Ports(store, PostgresReads(own), catalogue, used, OrderDocuments())
            placing = placing_of(settings, ports)
            running.push_async_callback(placing.close)
            return Worker(store, ports, OrderServicer(placing, ports))

        yield start

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, run_invariants
from libs.refusals import Unavailable
from retailmesh.inventory.v1 import inventory_service_pb2, inventory_service_pb2_grpc
from services.inventory.adapters.atlas import CachedAtlas
from services.inventory.adapters.store import PostgresStore
from services.inventory.adapters.tables import locations, sourcing_rules
from services.inventory.domain.places import Location
from services.inventory.entrypoints.grpc import InventoryServicer
from tests.builders.inventory_requests import MONDAY
from tests.builders.stock import DEFAULT_RULE, store, warehouse
from tests.conftest import SettingsFactory

INVARIANTS = "services/inventory/invariants.sql"


@dataclass
class MasterData:
    """What master data would answer about locations."""

    locations: list[Location] = field(default_factory=list)
    away: bool = False
    asked: int = 0

    async def __call__(self) -> list[Location]:
        self.asked += 1
        if self.away:
            raise Unavailable("master data is away", retry_after_seconds=1.0)
        return self.locations


@dataclass
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def service_name() -> str:
    return "inventory"


@pytest.fixture
def grpc_caller() -> str:
    return "order"


@pytest.fixture
def grpc_add_to_server() -> Callable[[Any, grpc.aio.Server], None]:
    return inventory_service_pb2_grpc.add_InventoryServiceServicer_to_server


@pytest.fixture
def grpc_descriptor() -> ServiceDescriptor:
    return inventory_service_pb2.DESCRIPTOR.services_by_name["InventoryService"]


@pytest.fixture
def grpc_stub_cls() -> type[Any]:
    return inventory_service_pb2_grpc.InventoryServiceStub


@pytest.fixture
def cli(grpc_create_channel, grpc_stub_cls) -> Any:
    """A stub that speaks as the operator's tool."""
    return grpc_stub_cls(grpc_create_channel("cli"))


@pytest.fixture
def master_data() -> MasterData:
    return MasterData()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """With a warehouse, two stores and the default rule; all invariants hold when the test is over."""
    engine = create_engine(database_url, application_name="test")
    known = [warehouse("W1"), store("S1"), store("S2", "WEST")]
    async with engine.begin() as connection:
        await connection.execute(insert(locations), [it._asdict() for it in known])
        await connection.execute(insert(sourcing_rules), [DEFAULT_RULE._asdict()])
    yield engine
    violations = await run_invariants(engine, INVARIANTS)
    await engine.dispose()
    assert [
        it for it in violations if "outlives its expiry" not in it.name and "published" not in it.name
    ] == []


@pytest.fixture
def store_of_stock(engine: AsyncEngine) -> PostgresStore:
    return PostgresStore(engine, engine, uuid4)


@pytest.fixture
def atlas(engine: AsyncEngine, master_data: MasterData) -> CachedAtlas:
    return CachedAtlas(engine, master_data, refresh_seconds=0.05, ask_seconds=60.0)


@pytest.fixture
async def grpc_servicer(
    store_of_stock: PostgresStore, atlas: CachedAtlas, clock: Clock, settings_for: SettingsFactory
) -> AsyncIterator[InventoryServicer]:
    servicer = InventoryServicer(store_of_stock, atlas, settings_for("inventory"), clock)
    yield servicer
    await servicer.close()

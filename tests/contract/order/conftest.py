from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.batch import MicroBatcher
from libs.database import create_engine, run_invariants
from retailmesh.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from services.order.adapters.reads import PostgresReads
from services.order.adapters.store import PostgresStore
from services.order.app import utc_now
from services.order.application.place_orders import place_orders
from services.order.convert import OrderDocuments
from services.order.domain.stock import Article
from services.order.entrypoints.grpc import OrderServicer, Ports
from tests.builders.neighbours import KILOGRAM, PIECE, FakeCatalogue, FakeStock

INVARIANTS = "services/order/invariants.sql"


@pytest.fixture
def service_name() -> str:
    return "order"


@pytest.fixture
def grpc_add_to_server() -> Callable[[Any, grpc.aio.Server], None]:
    return order_service_pb2_grpc.add_OrderServiceServicer_to_server


@pytest.fixture
def grpc_descriptor() -> ServiceDescriptor:
    return order_service_pb2.DESCRIPTOR.services_by_name["OrderService"]


@pytest.fixture
def grpc_stub_cls() -> type[Any]:
    return order_service_pb2_grpc.OrderServiceStub


@pytest.fixture
def catalogue() -> FakeCatalogue:
    return FakeCatalogue(
        known={
            "MILK": Article(PIECE, True),
            "BREAD": Article(PIECE, True),
            "CHEESE": Article(KILOGRAM, True),
            "WRAP": Article(PIECE, False),
        },
        places={"W001", "S001", "S002"},
    )


@pytest.fixture
def stock() -> FakeStock:
    return FakeStock(
        free={
            "MILK": {"W001": 10_000, "S001": 5_000},
            "BREAD": {"W001": 10_000},
            "CHEESE": {"S001": 2_000},
        }
    )


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Whatever a test did, the invariants hold afterwards."""
    engine = create_engine(database_url, application_name="test")
    yield engine
    violations = await run_invariants(engine, INVARIANTS)
    await engine.dispose()
    assert violations == []


@pytest.fixture
async def store(engine: AsyncEngine) -> PostgresStore:
    return PostgresStore(engine, utc_now, uuid4, retry_first=0.01, retry_longest=0.01)


@pytest.fixture
async def grpc_servicer(
    engine: AsyncEngine, store: PostgresStore, catalogue: FakeCatalogue, stock: FakeStock
) -> AsyncIterator[OrderServicer]:
    ports = Ports(store, PostgresReads(engine), catalogue, stock, OrderDocuments())
    placing = MicroBatcher(partial(place_orders, store, catalogue, stock, clock=utc_now), name="place_orders")
    yield OrderServicer(placing, ports)
    await placing.close()


@pytest.fixture
def orders(grpc_create_channel, grpc_stub_cls) -> Any:
    """A stub that speaks as the gateway of storefronts."""
    return grpc_stub_cls(grpc_create_channel("channel_gateway"))


@pytest.fixture
def cli(grpc_stub) -> Any:
    return grpc_stub


def state(name: str) -> int:
    return order_pb2.OrderState.Value(f"ORDER_STATE_{name}")


def hold(name: str) -> int:
    return order_pb2.HoldReason.Value(f"HOLD_REASON_{name}")

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine
from retailmesh.reconciliation.v1 import reconciliation_service_pb2, reconciliation_service_pb2_grpc
from services.reconciliation.adapters.store import PostgresStore
from services.reconciliation.entrypoints.grpc import ReconciliationServicer
from tests.builders.compared_systems import ComparedSystems


@pytest.fixture
def service_name() -> str:
    return "reconciliation"


@pytest.fixture
def grpc_add_to_server() -> Callable[[Any, grpc.aio.Server], None]:
    return reconciliation_service_pb2_grpc.add_ReconciliationServiceServicer_to_server


@pytest.fixture
def grpc_descriptor() -> ServiceDescriptor:
    return reconciliation_service_pb2.DESCRIPTOR.services_by_name["ReconciliationService"]


@pytest.fixture
def grpc_stub_cls() -> type[Any]:
    return reconciliation_service_pb2_grpc.ReconciliationServiceStub


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application_name="test")
    yield engine
    await engine.dispose()


@pytest.fixture
def systems() -> ComparedSystems:
    return ComparedSystems()


@pytest.fixture
def grpc_servicer(engine: AsyncEngine, systems: ComparedSystems) -> ReconciliationServicer:
    store = PostgresStore(engine, uuid4)
    return ReconciliationServicer(store, store, systems, lambda: datetime.now(UTC), uuid4)

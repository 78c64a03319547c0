from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor

from libs.database import create_engine
from retailmesh.masterdata.v1 import master_data_service_pb2, master_data_service_pb2_grpc
from services.master_data.adapters.store import PostgresStore
from services.master_data.entrypoints.grpc import MasterDataServicer

NOW = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)


@pytest.fixture
def service_name() -> str:
    return "master_data"


@pytest.fixture
def grpc_add_to_server() -> Callable[[Any, grpc.aio.Server], None]:
    return master_data_service_pb2_grpc.add_MasterDataServiceServicer_to_server


@pytest.fixture
def grpc_descriptor() -> ServiceDescriptor:
    return master_data_service_pb2.DESCRIPTOR.services_by_name["MasterDataService"]


@pytest.fixture
def grpc_stub_cls() -> type[Any]:
    return master_data_service_pb2_grpc.MasterDataServiceStub


@pytest.fixture
async def grpc_servicer(database_url: str) -> AsyncIterator[MasterDataServicer]:
    engine = create_engine(database_url, application_name="test")
    yield MasterDataServicer(PostgresStore(engine, engine, uuid4), now=lambda: NOW)
    await engine.dispose()

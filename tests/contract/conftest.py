"""A service's contract as its callers see it: real TLS, policy, validation and statuses around the servicer.

The fixtures carry the names of pytest-grpc, on grpc.aio. The conftest of a service's folder gives

    service_name        its workload, whose tables `database_url` then has
    grpc_add_to_server  the generated ``add_<Service>Servicer_to_server``
    grpc_servicer       the servicer under test
    grpc_descriptor     the contract's ServiceDescriptor
    grpc_stub_cls       the generated stub

and the rest follows.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from importlib import import_module
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import ServiceDescriptor

from libs.database import connect
from libs.rpc import MeshServer, Readiness, RpcService, build_server, open_channel
from tests.builders.databases import DatabaseServer
from tests.conftest import SettingsFactory

ChannelFactory = Callable[..., grpc.aio.Channel]

# In one statement, so that tables referring to each other need no order.
EMPTY = """
    do $$ begin
        execute (
            select 'truncate ' || string_agg(quote_ident(tablename), ', ') || ' restart identity'
            from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'
        );
    end $$
"""


@pytest.fixture(scope="session")
def migrated_databases(postgres: DatabaseServer) -> dict[str, str]:
    """URL by service, filled as tests ask."""
    return {}


@pytest.fixture
async def database_url(
    postgres: DatabaseServer, migrated_databases: dict[str, str], service_name: str
) -> str:
    """One database for all contract tests of a service, emptied for each: many tests, each with few rows."""
    if service_name not in migrated_databases:
        migrated_databases[service_name] = postgres.fresh(service_name)
    url = migrated_databases[service_name]
    connection = await connect(url, application_name="test")
    await connection.execute(EMPTY)
    await connection.close()
    return url


@pytest.fixture
async def grpc_server(
    grpc_add_to_server: Callable[[Any, grpc.aio.Server], None],
    grpc_servicer: object,
    grpc_descriptor: ServiceDescriptor,
    service_name: str,
    settings_for: SettingsFactory,
) -> AsyncIterator[MeshServer]:
    """The servicer behind the mesh's own server, refusing for the reasons of its domain."""
    service = RpcService(grpc_add_to_server, grpc_servicer, grpc_descriptor)
    reasons = import_module(f"{grpc_descriptor.file.package}.error_reason_pb2")
    enum = reasons.DESCRIPTOR.enum_types_by_name["ErrorReason"]
    server = build_server(settings_for(service_name), [service], Readiness(), [enum])
    await server.start()
    yield server
    await server.stop(0)


@pytest.fixture
def grpc_addr(grpc_server: MeshServer) -> str:
    return f"127.0.0.1:{grpc_server.port}"


@pytest.fixture
def grpc_caller() -> str:
    """The workload that `grpc_stub` speaks as; ``stranger`` has a certificate and no rights."""
    return "cli"


@pytest.fixture
async def grpc_create_channel(
    grpc_addr: str, grpc_caller: str, service_name: str, settings_for: SettingsFactory
) -> AsyncIterator[ChannelFactory]:
    """``grpc_create_channel("order")`` speaks as that workload, as `grpc_caller` unless told otherwise."""
    async with AsyncExitStack() as opened:

        def create(workload: str = grpc_caller) -> grpc.aio.Channel:
            channel = open_channel(settings_for(workload, peers={service_name: grpc_addr}), service_name)
            opened.push_async_callback(channel.close)
            return channel

        yield create


@pytest.fixture
def grpc_channel(grpc_create_channel: ChannelFactory) -> grpc.aio.Channel:
    return grpc_create_channel()


@pytest.fixture
def grpc_stub(grpc_stub_cls: Callable[[grpc.aio.Channel], Any], grpc_channel: grpc.aio.Channel) -> Any:
    return grpc_stub_cls(grpc_channel)

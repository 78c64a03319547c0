"""Master data: what is sold under which names at which price, where stock is held, who buys.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, ping
from libs.lifecycle import Closing, main, serve
from libs.messaging import Relay, connect_broker
from libs.rpc import Readiness, RpcService, build_server
from libs.telemetry import start_telemetry
from retailmesh.masterdata.v1 import error_reason_pb2, master_data_service_pb2, master_data_service_pb2_grpc
from services.master_data.adapters.store import PostgresStore
from services.master_data.config import Settings
from services.master_data.entrypoints.grpc import MasterDataServicer

STREAM = "RETAIL_MASTERDATA"


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database and waits for a broker that is not there yet."""
    telemetry = start_telemetry(settings)
    reads = engine_of(settings, settings.database_pool_size)
    writes = engine_of(settings, settings.write_pool_size)
    broker = await connect_broker(settings.nats_url, name=settings.service)
    relay = Relay(writes, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service)
    # A broker that is away holds back events, not answers: the outbox keeps them.
    readiness = Readiness({"database": lambda: ping(reads)})
    server = build_server(
        settings,
        [service_of(PostgresStore(reads, writes, uuid4))],
        readiness,
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    await serve(
        Closing(telemetry.stop),
        Closing(reads.dispose),
        Closing(writes.dispose),
        Closing(broker.close),
        relay,
        server,
    )


def engine_of(settings: Settings, pool_size: int) -> AsyncEngine:
    return create_engine(
        settings.database_url,
        application_name=settings.service,
        pool_size=pool_size,
        statement_timeout=settings.database_statement_timeout,
        lock_timeout=settings.database_lock_timeout,
    )


def service_of(store: PostgresStore) -> RpcService:
    return RpcService(
        add_to_server=master_data_service_pb2_grpc.add_MasterDataServiceServicer_to_server,
        servicer=MasterDataServicer(store, now=lambda: datetime.now(UTC)),
        descriptor=master_data_service_pb2.DESCRIPTOR.services_by_name["MasterDataService"],
    )


if __name__ == "__main__":
    main(run, Settings)

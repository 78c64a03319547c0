"""Master data: what is sold under which names at which price, where stock is held, who buys.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from libs.database import engine_of, ping
from libs.lifecycle import Closing, Every, main, serve
from libs.messaging import Relay, connect_broker
from libs.rpc import Readiness, RpcService, build_server
from libs.telemetry import start_telemetry
from retailmesh.masterdata.v1 import error_reason_pb2, master_data_service_pb2, master_data_service_pb2_grpc
from services.master_data.adapters.store import PostgresStore
from services.master_data.application.forget_answers import forget_answers
from services.master_data.config import Settings
from services.master_data.entrypoints.grpc import MasterDataServicer

STREAM = "RETAIL_MASTERDATA"


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database and waits for a broker that is not there yet."""
    telemetry = start_telemetry(settings)
    reads = engine_of(settings)
    writes = engine_of(settings, settings.write_pool_size)
    store = PostgresStore(reads, writes, uuid4)
    broker = await connect_broker(settings.nats_url, name=settings.service)
    server = build_server(
        settings,
        [service_of(store)],
        # A broker that is away holds back events, not answers: the outbox keeps them.
        Readiness({"database": lambda: ping(reads)}),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    await serve(
        Closing(telemetry.stop),
        Closing(reads.dispose),
        Closing(writes.dispose),
        Closing(broker.close),
        Relay(writes, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service),
        Every(settings.purge_interval, purge_of(settings, store), name="purge"),
        server,
    )


def service_of(store: PostgresStore) -> RpcService:
    return RpcService(
        add_to_server=master_data_service_pb2_grpc.add_MasterDataServiceServicer_to_server,
        servicer=MasterDataServicer(store, utc_now),
        descriptor=master_data_service_pb2.DESCRIPTOR.services_by_name["MasterDataService"],
    )


def purge_of(settings: Settings, store: PostgresStore) -> Callable[[], Awaitable[None]]:
    kept = timedelta(days=settings.answers_kept_days)
    return lambda: forget_answers(store, utc_now(), kept, settings.purge_batch)


def utc_now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main(run, Settings)

"""Inventory: the stock ledger, what of it is promised to whom, and where orders are sourced from.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from libs.database import engine_of, ping
from libs.lifecycle import Closing, Every, main, serve
from libs.messaging import Relay, connect_broker
from libs.rpc import Readiness, RpcService, build_server, open_channel
from libs.telemetry import start_telemetry
from retailmesh.inventory.v1 import error_reason_pb2, inventory_service_pb2, inventory_service_pb2_grpc
from services.inventory.adapters.atlas import CachedAtlas
from services.inventory.adapters.master_data_client import MasterDataClient
from services.inventory.adapters.store import PostgresStore, PostgresTransaction
from services.inventory.application.expire_reservations import expire_reservations
from services.inventory.application.forget_answers import forget_answers
from services.inventory.config import Settings
from services.inventory.entrypoints.consumers import consumers
from services.inventory.entrypoints.grpc import InventoryServicer

STREAM = "RETAIL_INVENTORY"


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database and waits for a broker that is not there yet."""
    telemetry = start_telemetry(settings)
    reads = engine_of(settings).execution_options(isolation_level="AUTOCOMMIT")
    writes = engine_of(settings, settings.write_pool_size)
    broker = await connect_broker(settings.nats_url, name=settings.service)
    master_data = open_channel(settings, "master_data")
    atlas = CachedAtlas(
        writes,
        MasterDataClient(master_data).all_locations,
        refresh_seconds=settings.places_refresh,
        ask_seconds=settings.locations_ask_interval,
    )
    store = PostgresStore(writes, reads, uuid4)
    servicer = InventoryServicer(store, atlas, settings, utc_now)
    server = build_server(
        settings,
        [service_of(servicer)],
        # A broker that is away holds back events, not answers: the outbox keeps them.
        Readiness({"database": lambda: ping(reads)}),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    await serve(
        Closing(telemetry.stop),
        Closing(reads.dispose),
        Closing(writes.dispose),
        Closing(master_data.close),
        Closing(broker.close),
        Relay(writes, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service),
        *consumers(
            settings,
            writes,
            broker,
            atlas,
            lambda connection: PostgresTransaction(connection, uuid4),
            utc_now,
        ),
        *sweeps(settings, store, atlas),
        Closing(servicer.close),
        server,
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


def service_of(servicer: InventoryServicer) -> RpcService:
    return RpcService(
        add_to_server=inventory_service_pb2_grpc.add_InventoryServiceServicer_to_server,
        servicer=servicer,
        descriptor=inventory_service_pb2.DESCRIPTOR.services_by_name["InventoryService"],
    )


def sweeps(settings: Settings, store: PostgresStore, atlas: CachedAtlas) -> list[Every]:
    async def expire() -> None:
        await expire_reservations(store, atlas, now=utc_now(), limit=settings.expiry_batch)

    async def forget() -> None:
        await forget_answers(
            store,
            now=utc_now(),
            answers_kept=timedelta(days=settings.answers_kept_days),
            events_kept=timedelta(days=settings.events_noted_days),
            limit=settings.purge_batch,
        )

    return [
        Every(settings.expiry_interval, expire, name="expire"),
        Every(settings.purge_interval, forget, name="forget"),
    ]


if __name__ == "__main__":
    main(run, Settings)

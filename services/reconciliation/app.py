"""Reconciliation: does every system have every fact, once, with the same money?

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

import grpc

from libs.database import engine_of, ping
from libs.lifecycle import Closing, main, serve
from libs.messaging import Relay, connect_broker
from libs.rpc import Readiness, RpcService, build_server, open_channel
from libs.telemetry import start_telemetry
from retailmesh.reconciliation.v1 import (
    error_reason_pb2,
    reconciliation_service_pb2,
    reconciliation_service_pb2_grpc,
)
from services.reconciliation.adapters.store import PostgresStore
from services.reconciliation.adapters.systems import GrpcSystems
from services.reconciliation.config import Settings
from services.reconciliation.entrypoints.grpc import ReconciliationServicer

STREAM = "RETAIL_RECONCILIATION"
READ_FROM = ("channel_gateway", "pos_gateway", "erp_gateway", "order", "inventory")


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database and waits for a broker that is not there yet."""
    telemetry = start_telemetry(settings)
    engine = engine_of(settings)
    broker = await connect_broker(settings.nats_url, name=settings.service)
    relay = Relay(engine, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service)
    channels = {peer: open_channel(settings, peer) for peer in READ_FROM}
    server = build_server(
        settings,
        [service_of(PostgresStore(engine, uuid4), channels, settings)],
        # The systems that are compared may be away: a run says which one, and the service stays ready.
        Readiness({"database": lambda: ping(engine)}),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    await serve(
        Closing(telemetry.stop),
        Closing(engine.dispose),
        Closing(broker.close),
        relay,
        *(Closing(channel.close) for channel in channels.values()),
        server,
    )


def service_of(
    store: PostgresStore, channels: Mapping[str, grpc.aio.Channel], settings: Settings
) -> RpcService:
    systems = GrpcSystems(channels, page_size=settings.page_size, at_once=settings.reads_at_once)
    return RpcService(
        add_to_server=reconciliation_service_pb2_grpc.add_ReconciliationServiceServicer_to_server,
        servicer=ReconciliationServicer(store, store, systems, lambda: datetime.now(UTC), uuid4),
        descriptor=reconciliation_service_pb2.DESCRIPTOR.services_by_name["ReconciliationService"],
    )


if __name__ == "__main__":
    main(run, Settings)

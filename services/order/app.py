"""Orders: what was sold, what it costs, where it comes from, what became of it.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

from libs.batch import MicroBatcher
from libs.database import create_engine, ping
from libs.lifecycle import Closing, main, serve
from libs.messaging import Relay, connect_broker
from libs.rpc import Readiness, RpcService, build_server, open_channel
from libs.telemetry import start_telemetry
from retailmesh.order.v1 import error_reason_pb2, order_service_pb2, order_service_pb2_grpc
from services.order.adapters.inventory_client import InventoryClient
from services.order.adapters.master_data_client import MasterDataClient
from services.order.adapters.store import PostgresStore
from services.order.application.place_orders import place_orders
from services.order.config import Settings
from services.order.entrypoints.grpc import OrderServicer, Placing

STREAM = "RETAIL_ORDER"


def clock() -> datetime:
    return datetime.now(UTC)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database and waits for a broker that is not there yet."""
    telemetry = start_telemetry(settings)
    engine = create_engine(
        settings.database_url,
        application_name=settings.service,
        pool_size=settings.database_pool_size,
        statement_timeout=settings.database_statement_timeout,
        lock_timeout=settings.database_lock_timeout,
    )
    broker = await connect_broker(settings.nats_url, name=settings.service)
    inventory, master_data = open_channel(settings, "inventory"), open_channel(settings, "master_data")
    store = PostgresStore(engine, clock, uuid4)
    catalogue, stock = MasterDataClient(master_data, settings), InventoryClient(inventory)
    placing: Placing = MicroBatcher(
        partial(place_orders, store, catalogue, stock, clock=clock),
        name="place_orders",
        max_batch=settings.place_batch,
        max_queue=settings.place_queue,
        concurrency=settings.place_concurrency,
    )
    # Neither a broker nor a neighbour that is away keeps this service from answering what it can.
    server = build_server(
        settings,
        [service_of(OrderServicer(placing))],
        Readiness({"database": lambda: ping(engine)}),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    await serve(
        Closing(telemetry.stop),
        Closing(engine.dispose),
        Closing(broker.close),
        Closing(inventory.close),
        Closing(master_data.close),
        Relay(engine, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service),
        Closing(placing.close),
        server,
    )


def service_of(servicer: OrderServicer) -> RpcService:
    return RpcService(
        add_to_server=order_service_pb2_grpc.add_OrderServiceServicer_to_server,
        servicer=servicer,
        descriptor=order_service_pb2.DESCRIPTOR.services_by_name["OrderService"],
    )


if __name__ == "__main__":
    main(run, Settings)

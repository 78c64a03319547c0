"""Orders: what was sold, what it costs, where it comes from, what became of it.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.batch import MicroBatcher
from libs.database import engine_of, ping
from libs.lifecycle import Closing, Every, main, serve
from libs.messaging import Relay, connect_broker
from libs.rpc import Readiness, RpcService, build_server, open_channel
from libs.telemetry import start_telemetry
from retailmesh.order.v1 import error_reason_pb2, order_service_pb2, order_service_pb2_grpc
from services.order.adapters.inventory_client import InventoryClient
from services.order.adapters.master_data_client import MasterDataClient
from services.order.adapters.reads import PostgresReads
from services.order.adapters.store import PostgresStore
from services.order.application.carry_out_instructions import carry_out_instructions
from services.order.application.forget_answers import forget_answers
from services.order.application.place_orders import place_orders
from services.order.application.seek_missed_stock import MissedStock
from services.order.config import Settings
from services.order.convert import OrderDocuments
from services.order.entrypoints.consumers import stock_consumer
from services.order.entrypoints.grpc import OrderServicer, Placing, Ports
from services.order.entrypoints.sweep import Sweep

STREAM = "RETAIL_ORDER"


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database and waits for a broker that is not there yet."""
    telemetry = start_telemetry(settings)
    engine = engine_of(settings)
    # Orders are taken in over connections of their own, whatever else is going on.
    intake = engine_of(settings, settings.place_concurrency)
    broker = await connect_broker(settings.nats_url, name=settings.service)
    inventory, master_data = open_channel(settings, "inventory"), open_channel(settings, "master_data")
    store = store_of(settings, engine)
    ports = Ports(
        store=store,
        reads=PostgresReads(engine),
        catalogue=MasterDataClient(master_data, settings),
        stock=InventoryClient(inventory),
        documents=OrderDocuments(),
    )
    placing = placing_of(settings, replace(ports, store=store_of(settings, intake)))
    carry_out = partial(carry_out_instructions, store, ports.stock, limit=settings.instruction_batch)
    instructions = Sweep(settings.instruction_interval, carry_out, name="instructions")
    server = build_server(
        settings,
        [service_of(OrderServicer(placing, ports))],
        # Neither a broker nor a neighbour that is away keeps this service from answering what it can.
        Readiness({"database": lambda: ping(engine)}),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    await serve(
        Closing(telemetry.stop),
        Closing(engine.dispose),
        Closing(intake.dispose),
        Closing(broker.close),
        Closing(inventory.close),
        Closing(master_data.close),
        Relay(engine, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service),
        instructions,
        stock_consumer(settings, engine, broker, store.within, instructions.wake),
        *sweeps(settings, ports),
        Closing(placing.close),
        server,
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


def store_of(settings: Settings, engine: AsyncEngine) -> PostgresStore:
    return PostgresStore(
        engine,
        utc_now,
        uuid4,
        retry_first=settings.instruction_retry,
        retry_longest=settings.instruction_retry_limit,
    )


def placing_of(settings: Settings, ports: Ports) -> Placing:
    """Concurrent calls share transactions: what has queued while a batch ran is the next batch."""
    return MicroBatcher(
        partial(place_orders, ports.store, ports.catalogue, ports.stock, clock=utc_now),
        name="place_orders",
        max_batch=settings.place_batch,
        max_queue=settings.place_queue,
        concurrency=settings.place_concurrency,
        worthwhile=settings.place_worthwhile,
    )


def service_of(servicer: OrderServicer) -> RpcService:
    return RpcService(
        add_to_server=order_service_pb2_grpc.add_OrderServiceServicer_to_server,
        servicer=servicer,
        descriptor=order_service_pb2.DESCRIPTOR.services_by_name["OrderService"],
    )


def sweeps(settings: Settings, ports: Ports) -> list[Sweep | Every]:
    missed = MissedStock(
        ports.store, ports.stock, skus=settings.refill_skus, orders=settings.refill_orders, new_id=uuid4
    )

    async def forget() -> None:
        await forget_answers(
            ports.store,
            utc_now(),
            answers_kept=timedelta(days=settings.answers_kept_days),
            notes_kept=timedelta(days=settings.notes_kept_days),
            limit=settings.purge_batch,
        )

    return [
        Sweep(settings.refill_interval, missed.seek, name="missed_stock"),
        Every(settings.purge_interval, forget, name="forget"),
    ]


if __name__ == "__main__":
    main(run, Settings)

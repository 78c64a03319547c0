"""Event → use case."""

from collections.abc import Callable, Sequence
from datetime import datetime

from google.protobuf.message import Message
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.messaging import BatchHandler, Bounds, Consumer, Received
from retailmesh.masterdata.v1 import master_data_events_pb2
from retailmesh.order.v1 import order_events_pb2
from services.inventory.application.follow_locations import follow_locations
from services.inventory.application.ports import Atlas, Transaction
from services.inventory.application.record_orders import record_orders
from services.inventory.config import Settings
from services.inventory.convert import location_of, recorded_order_of

LOCATION_CHANGED = master_data_events_pb2.LocationChanged
ORDER_PLACED = order_events_pb2.OrderPlaced

Within = Callable[[AsyncConnection], Transaction]
"""Our transaction port inside the transaction that also notes the events as processed."""


def consumers(
    settings: Settings,
    engine: AsyncEngine,
    broker: Client,
    atlas: Atlas,
    within: Within,
    clock: Callable[[], datetime],
) -> list[Consumer]:
    def consumer(
        name: str, stream: str, subject: str, kind: type[Message], handler: BatchHandler
    ) -> Consumer:
        return Consumer(
            engine,
            broker,
            service=settings.service,
            name=name,
            stream=stream,
            subjects=[subject],
            handlers={kind.DESCRIPTOR.full_name: handler},
            bounds=Bounds.of(settings),
        )

    locations, orders = on_locations(atlas, within), on_orders(atlas, within, clock)
    return [
        consumer(
            "locations",
            "RETAIL_MASTERDATA",
            "retail.masterdata.v1.location.changed.*",
            LOCATION_CHANGED,
            locations,
        ),
        consumer("orders", "RETAIL_ORDER", "retail.order.v1.order.placed.*", ORDER_PLACED, orders),
    ]


def on_locations(atlas: Atlas, within: Within) -> BatchHandler:
    async def handle(connection: AsyncConnection, received: Sequence[Received]) -> None:
        locations = [location_of(event.read(LOCATION_CHANGED).location) for event in received]
        await follow_locations(within(connection), atlas, locations)

    return handle


def on_orders(atlas: Atlas, within: Within, clock: Callable[[], datetime]) -> BatchHandler:
    async def handle(connection: AsyncConnection, received: Sequence[Received]) -> None:
        orders = [recorded_order_of(event.read(ORDER_PLACED), event.traceparent) for event in received]
        recorded = [order for order in orders if order is not None]
        await record_orders(within(connection), atlas, recorded, clock())

    return handle

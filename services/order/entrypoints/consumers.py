"""Event → use case."""

from collections.abc import Callable, Iterable, Sequence

from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.messaging import BatchHandler, Bounds, Consumer, Received
from retailmesh.inventory.v1 import inventory_events_pb2 as events
from retailmesh.inventory.v1 import stock_pb2
from services.order.application.displace_orders import Displacement, displace_orders
from services.order.application.ports import Transaction
from services.order.application.refill_orders import refill_orders
from services.order.config import Settings
from services.order.domain.stock import Allocation

STREAM = "RETAIL_INVENTORY"

# Sales and shipments are not heard: goods that go out free none, except those promised elsewhere, for which
# the regular search is soon enough.
SUBJECTS = [f"retail.inventory.v1.stock.{fact}.*" for fact in ("displaced", "released", "changed")]

Within = Callable[[AsyncConnection], Transaction]
"""Our transaction port inside the transaction that also notes the events as processed."""


def stock_consumer(
    settings: Settings, engine: AsyncEngine, broker: Client, within: Within, wake: Callable[[], None]
) -> Consumer:
    """``wake`` says that there may be instructions to carry out."""
    handlers: dict[str, BatchHandler] = {
        events.ReservationDisplaced.DESCRIPTOR.full_name: on_displaced(within, wake),
        events.StockReleased.DESCRIPTOR.full_name: on_levels(settings, within, wake),
        events.StockChanged.DESCRIPTOR.full_name: on_levels(settings, within, wake),
    }
    return Consumer(
        engine,
        broker,
        service=settings.service,
        name="stock",
        stream=STREAM,
        subjects=SUBJECTS,
        handlers=handlers,
        bounds=Bounds.of(settings),
    )


def on_displaced(within: Within, wake: Callable[[], None]) -> BatchHandler:
    async def handle(connection: AsyncConnection, received: Sequence[Received]) -> None:
        await displace_orders(within(connection), [displacement_of(event) for event in received])
        wake()

    return handle


def displacement_of(event: Received) -> Displacement:
    displaced = event.read(events.ReservationDisplaced)
    lost = tuple(
        Allocation(it.line_id, it.sku, it.location_id, it.quantity.milli, it.quantity.unit)
        for it in displaced.reservations
    )
    return Displacement(str(event.id), displaced.order_id, lost, event.traceparent)


def on_levels(settings: Settings, within: Within, wake: Callable[[], None]) -> BatchHandler:
    async def handle(connection: AsyncConnection, received: Sequence[Received]) -> None:
        # Both kinds of event carry levels under the same name.
        kinds = {kind.DESCRIPTOR.full_name: kind for kind in (events.StockReleased, events.StockChanged)}
        skus = {sku for event in received for sku in available(event.read(kinds[event.type]).levels)}
        if skus:
            await refill_orders(within(connection), skus, str(received[0].id), settings.refill_orders)
            wake()

    return handle


def available(levels: Iterable[stock_pb2.StockLevel]) -> set[str]:
    return {level.sku for level in levels if level.available.milli > 0}

"""Orders and places that a command names."""

from libs.refusals import Refusal
from services.order.application.ports import Catalogue, Transaction
from services.order.domain.order import Order
from services.order.domain.refusals import DocumentDiffers, LocationUnknown, OrderUnknown


async def lock_order(transaction: Transaction, order_id: str) -> Order:
    """Raises `OrderUnknown`."""
    found = await transaction.lock_orders([order_id])
    if order_id not in found:
        raise order_unknown(order_id)
    return found[order_id]


def order_unknown(order_id: str) -> Refusal:
    return OrderUnknown("no order has that name", retry_after_seconds=5.0, order_id=order_id)


async def refuse_unknown_location(catalogue: Catalogue, location_id: str, field: str) -> None:
    if location_id and location_id not in await catalogue.locations([location_id]):
        raise LocationUnknown(f"no location {location_id}", field=field, location_id=location_id)


def refuse_other_content(recorded: bytes, given: bytes, name: str) -> None:
    """Raises `DocumentDiffers`: the same id stands for another shipment or return."""
    if recorded != given:
        raise DocumentDiffers(f"{name} is recorded with other content", id=name)

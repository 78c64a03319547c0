"""Answer one order."""

from services.order.application._find import order_unknown
from services.order.application.ports import Store
from services.order.domain.order import Order


async def get_order(store: Store, order_id: str) -> Order:
    """Raises `OrderUnknown`."""
    order = await store.find_order(order_id)
    if order is None:
        raise order_unknown(order_id)
    return order

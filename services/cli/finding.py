"""Which order a person means."""

from uuid import UUID

from libs.stack import StackError
from retailmesh.order.v1 import order_pb2, order_service_pb2
from services.cli.asking import Services

MOST_NAMED = 5


async def reference_of(services: Services, name: str) -> order_pb2.OrderReference:
    """A canonical id, ``channel/channel_order_id``, or a number shown to the customer, with or without ``#``.

    Only a number is looked for, in all orders; the other two are taken at their word. Raises StackError where
    no order, or more than one, has the number.
    """
    if is_uuid(name):
        return order_pb2.OrderReference(order_id=name.lower())
    channel, slash, channel_order_id = name.partition("/")
    if slash:
        return order_pb2.OrderReference(
            channel_order=order_pb2.ChannelOrder(channel=channel, channel_order_id=channel_order_id)
        )
    found = await numbered(services, name)
    if not found:
        raise StackError(f"no order has the number {name}; a name is ID, CHANNEL/ID or NUMBER")
    if len(found) > 1:
        listed = ", ".join(f"{it.channel}/{it.channel_order_id}" for it in found[:MOST_NAMED])
        raise StackError(f"{len(found)} orders have the number {name}: {listed}")
    return order_pb2.OrderReference(order_id=found[0].order_id)


def is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name.lower()
    except ValueError:
        return False


async def numbered(services: Services, number: str) -> list[order_service_pb2.OrderSummary]:
    wanted = number.removeprefix("#")
    pages = services.ask_all("order", "ListOrders", order_service_pb2.ListOrdersRequest())
    return [
        order
        async for page in pages
        for order in page.orders
        if wanted in (order.order_number.removeprefix("#"), order.channel_order_id)
    ]

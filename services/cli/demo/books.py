"""What the mesh has on its books when the day is over, read once for everything that is proven with it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from retailmesh.channel.v1 import channel_service_pb2
from retailmesh.inventory.v1 import inventory_service_pb2, stock_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from retailmesh.pos.v1 import pos_service_pb2
from retailmesh.type.v1 import intake_pb2
from services.cli.demo.connections import Connections, pages

AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Books:
    """``returns`` are those of orders, ``unlinked_returns`` those of sales that the mesh does not know."""

    orders: Sequence[order_service_pb2.OrderSummary]
    returns: Sequence[order_pb2.Return]
    unlinked_returns: Sequence[order_pb2.Return]
    reservations: Sequence[stock_pb2.Reservation]
    movements: Sequence[stock_pb2.StockMovement]
    quarantined: Sequence[intake_pb2.IntakeMessage]

    @property
    def set_aside(self) -> frozenset[str]:
        """What messages in quarantine are about: the storefront's order ids, the tills' transactions."""
        about = {(it.topic, it.business_key) for it in self.quarantined if it.business_key}
        return frozenset(key if is_till(topic) else key.rpartition("/")[2] for topic, key in about)


async def read_books(to: Connections) -> Books:
    orders: list[order_service_pb2.OrderSummary] = []
    unlinked: list[order_pb2.Return] = []
    async for page in pages(to.stubs["order"].ListOrders, order_service_pb2.ListOrdersRequest()):
        orders.extend(page.orders)
        unlinked.extend(page.unlinked_returns)
    return Books(
        orders=orders,
        returns=await _returns(to, [it.order_id for it in orders if is_refunded(it)]),
        unlinked_returns=unlinked,
        reservations=await _reservations(to, [it.order_id for it in orders if is_storefront(it)]),
        movements=await _movements(to),
        quarantined=await _quarantined(to),
    )


def is_till(topic: str) -> bool:
    return topic.startswith("poslog")


def is_storefront(order: order_service_pb2.OrderSummary) -> bool:
    return order.kind == order_pb2.ORDER_KIND_STOREFRONT


def is_refunded(order: order_service_pb2.OrderSummary) -> bool:
    return order.refunded.units > 0 or order.refunded.nanos > 0


async def _returns(to: Connections, order_ids: Sequence[str]) -> list[order_pb2.Return]:
    requests = (
        order_service_pb2.GetOrderRequest(order=order_pb2.OrderReference(order_id=it)) for it in order_ids
    )
    answers = await _each(to.stubs["order"].GetOrder, requests)
    return [given for answer in answers for given in answer.order.returns]


async def _reservations(to: Connections, order_ids: Sequence[str]) -> list[stock_pb2.Reservation]:
    requests = (inventory_service_pb2.ListReservationsRequest(order_id=it) for it in order_ids)
    answers = await _each(to.stubs["inventory"].ListReservations, requests)
    return [reservation for answer in answers for reservation in answer.reservations]


async def _movements(to: Connections) -> list[stock_pb2.StockMovement]:
    rpc, request = to.stubs["inventory"].ListMovements, inventory_service_pb2.ListMovementsRequest()
    return [movement async for page in pages(rpc, request) for movement in page.movements]


async def _quarantined(to: Connections) -> list[intake_pb2.IntakeMessage]:
    wanted = intake_pb2.IntakeFilter(states=[intake_pb2.INTAKE_STATE_QUARANTINED])
    webhooks = pages(
        to.stubs["channel_gateway"].ListMessages, channel_service_pb2.ListMessagesRequest(filter=wanted)
    )
    files = pages(to.stubs["pos_gateway"].ListMessages, pos_service_pb2.ListMessagesRequest(filter=wanted))
    return [message for found in (webhooks, files) async for page in found for message in page.messages]


async def _each(rpc: Callable[[Any], Awaitable[Any]], requests: Iterable[Any]) -> Sequence[Any]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(request: Any) -> Any:
        async with slots:
            return await rpc(request)

    return await asyncio.gather(*map(one, requests))

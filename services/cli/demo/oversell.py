"""A second opinion on overselling: the ledger summed up anew, against what orders have reserved."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any

import grpc

from retailmesh.inventory.v1 import inventory_service_pb2, inventory_service_pb2_grpc, stock_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from retailmesh.type.v1.page_pb2 import PageRequest

PAGE = 1000
AT_ONCE = 16
OPEN = (stock_pb2.RESERVATION_STATE_TENTATIVE, stock_pb2.RESERVATION_STATE_FIRM)
ON_HAND = stock_pb2.STOCK_BUCKET_ON_HAND

Place = tuple[str, str]
"""A SKU at a location."""


async def oversold_units(order: grpc.aio.Channel, inventory: grpc.aio.Channel) -> int:
    """Units promised or gone beyond what the ledger says was there, rounded up to whole units."""
    stock = inventory_service_pb2_grpc.InventoryServiceStub(inventory)
    orders = order_service_pb2_grpc.OrderServiceStub(order)
    on_hand = summed([movement async for movement in _movements(stock)])
    reserved = await _reserved(stock, [one async for one in _storefront_orders(orders)])
    return oversold(on_hand, reserved)


def oversold(on_hand: Mapping[Place, int], reserved: Mapping[Place, int]) -> int:
    """What is missing at each place, in whole units; both mappings are in thousandths."""
    places = on_hand.keys() | reserved.keys()
    missing = (max(0, reserved.get(place, 0) - on_hand.get(place, 0)) for place in places)
    return sum(-(-milli // 1000) for milli in missing)


def summed(movements: Iterable[stock_pb2.StockMovement]) -> dict[Place, int]:
    """What is on hand by the ledger alone."""
    on_hand: defaultdict[Place, int] = defaultdict(int)
    for movement in movements:
        place = (movement.sku, movement.location_id)
        milli = movement.quantity.milli
        on_hand[place] += milli * ((movement.to_bucket == ON_HAND) - (movement.from_bucket == ON_HAND))
    return dict(on_hand)


async def _reserved(
    stock: inventory_service_pb2_grpc.InventoryServiceStub, order_ids: list[str]
) -> dict[Place, int]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def of(order_id: str) -> Iterable[stock_pb2.Reservation]:
        async with slots:
            answer = await stock.ListReservations(
                inventory_service_pb2.ListReservationsRequest(order_id=order_id)
            )
            return answer.reservations

    reserved: defaultdict[Place, int] = defaultdict(int)
    for reservations in await asyncio.gather(*map(of, order_ids)):
        for one in reservations:
            if one.state in OPEN:
                reserved[one.sku, one.location_id] += one.quantity.milli
    return dict(reserved)


async def _movements(
    stock: inventory_service_pb2_grpc.InventoryServiceStub,
) -> AsyncIterator[stock_pb2.StockMovement]:
    async for page in pages(stock.ListMovements, inventory_service_pb2.ListMovementsRequest()):
        for movement in page.movements:
            yield movement


async def _storefront_orders(orders: order_service_pb2_grpc.OrderServiceStub) -> AsyncIterator[str]:
    request = order_service_pb2.ListOrdersRequest(kind=order_pb2.ORDER_KIND_STOREFRONT)
    async for page in pages(orders.ListOrders, request):
        for found in page.orders:
            yield found.order_id


async def pages(rpc: Callable[[Any], Awaitable[Any]], request: Any) -> AsyncIterator[Any]:
    """Every page of a list RPC."""
    token = ""
    while True:
        request.page.CopyFrom(PageRequest(page_size=PAGE, page_token=token))
        page = await rpc(request)
        yield page
        token = page.page.next_page_token
        if not token:
            return

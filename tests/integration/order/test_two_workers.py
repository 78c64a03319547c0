import asyncio
import random

from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import ORDER_STATE_COMPLETED, ORDER_STATE_CONFIRMED
from services.order.application.carry_out_instructions import settle_at_once
from tests.builders.order_requests import (
    a_line,
    a_shipment,
    an_order,
    cancelling,
    named,
    placing,
    shipping,
    updating,
)


async def everything(worker):
    found = await worker.ListOrders(pb.ListOrdersRequest())
    return {order.channel_order_id: order for order in found.orders}


async def test_one_channel_order_placed_through_two_workers_at_once_is_one_order(worker, stock):
    first, second = worker(), worker()
    calls = [one.PlaceOrder(placing()) for _ in range(20) for one in (first, second)]
    placements = [answer.placement for answer in await asyncio.gather(*calls)]
    assert len({it.order_id for it in placements}) == 1
    assert [it.repeated_order for it in placements].count(False) == 1
    assert stock.free["MILK"]["W001"] == 9_999_000


async def test_two_workers_given_the_same_orders_in_other_sequence_record_each_once(worker, stock):
    orders = [placing(an_order(number=str(number)), f"r{number}") for number in range(300)]
    shuffled = random.Random(7).sample(orders, len(orders))
    one, other = worker(place_batch=50), worker(place_batch=70)
    first, second = await asyncio.gather(
        one.BatchPlaceOrders(pb.BatchPlaceOrdersRequest(orders=orders)),
        other.BatchPlaceOrders(pb.BatchPlaceOrdersRequest(orders=shuffled)),
    )
    answers = [*first.results, *second.results]
    assert {it.placement.state for it in answers} == {ORDER_STATE_CONFIRMED}
    assert len({it.placement.order_id for it in answers}) == 300
    assert stock.free["MILK"]["W001"] == 10_000_000 - 300_000


async def test_an_order_sent_and_called_off_at_once_is_either(worker, stock):
    first, second = worker(), worker()
    for number in range(15):
        await first.PlaceOrder(placing(an_order(number=str(number))))
    attempts = [
        call
        for number in range(15)
        for call in (
            first.RecordShipment(shipping(named(str(number)), a_shipment())),
            second.CancelOrder(cancelling(named(str(number)))),
        )
    ]
    answers = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(answer, Exception) for answer in answers) == 15
    orders = await everything(first)
    completed = [number for number, it in orders.items() if it.state == ORDER_STATE_COMPLETED]
    assert len(stock.issued) == len(completed)
    assert len(stock.released) == 15 - len(completed)


async def test_the_same_shipment_through_two_workers_is_recorded_once(worker, stock):
    first, second = worker(), worker()
    await first.PlaceOrder(placing(an_order(a_line(count=9))))
    request = shipping(shipment=a_shipment(("1", 2)), request_id="r1")
    answers = await asyncio.gather(*[it.RecordShipment(request) for _ in range(5) for it in (first, second)])
    assert len({answer.order.version for answer in answers}) == 1
    [issue] = stock.issued
    assert issue.goods[0].milli == 2000


async def test_instructions_carried_out_by_two_workers_at_once_take_effect_once(worker, stock):
    first, second = worker(), worker()
    for number in range(20):
        await first.PlaceOrder(placing(an_order(number=str(number), paid=False)))
    stock.away = True
    for number in range(20):
        await first.UpdateOrder(paid(str(number)))
    stock.away = False
    await asyncio.gather(*[settle(it) for it in (first, second)])
    assert {it.state for it in (await everything(first)).values()} == {ORDER_STATE_CONFIRMED}
    assert stock.free["MILK"]["W001"] == 10_000_000 - 20_000


def paid(number):
    return updating(order=named(number), paid=True)


async def settle(worker):
    orders = await everything(worker)
    await settle_at_once(worker.store, worker.ports.stock, [it.order_id for it in orders.values()])

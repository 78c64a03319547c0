from datetime import UTC, datetime
from uuid import uuid4

import pytest

from libs.database import transaction
from libs.messaging import Received
from retailmesh.inventory.v1 import inventory_events_pb2 as events
from retailmesh.inventory.v1.stock_pb2 import Reservation, StockLevel
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import (
    ORDER_STATE_BACKORDERED,
    ORDER_STATE_CANCELLED,
    ORDER_STATE_CONFIRMED,
)
from services.order.application.carry_out_instructions import settle_at_once
from services.order.application.seek_missed_stock import MissedStock
from services.order.config import Settings
from services.order.domain.new_order import order_id_of
from services.order.domain.refusals import OrderUnknown
from services.order.entrypoints.consumers import on_displaced, on_levels
from tests.builders.order_requests import SHOP, a_line, an_order, cancelling, named, pieces, placing

ORDER = order_id_of(SHOP, "1001")


def event_of(message):
    return Received(
        uuid4(), message.DESCRIPTOR.full_name, ORDER, datetime.now(UTC), message.SerializeToString()
    )


def displaced(count=1, place="W001"):
    lost = Reservation(order_id=ORDER, line_id="1", location_id=place, quantity=pieces(count))
    return event_of(events.ReservationDisplaced(order_id=ORDER, reservations=[lost]))


def changed(sku, available):
    levels = [StockLevel(sku=sku, location_id="W001", available=pieces(available))]
    return event_of(events.StockChanged(source_reference="count", levels=levels))


@pytest.fixture
def hear(engine, worker, settings_for):
    """``await hear(on_displaced, event, ...)`` handles events as the consumer would; gives whether it woke
    the sweep."""
    listening = worker()
    settings: Settings = settings_for("order")

    async def handle(kind, *received):
        woken = []
        made = {
            on_displaced: lambda: on_displaced(listening.store.within, lambda: woken.append(1)),
            on_levels: lambda: on_levels(settings, listening.store.within, lambda: woken.append(1)),
        }[kind]()
        async with transaction(engine) as connection:
            await made(connection, received)
        return bool(woken)

    return handle


async def get(worker, number="1001"):
    return (await worker.GetOrder(pb.GetOrderRequest(order=named(number)))).order


async def test_an_event_about_an_order_that_is_not_recorded_yet_comes_again(hear):
    with pytest.raises(OrderUnknown):
        await hear(on_displaced, displaced())


async def test_lost_goods_are_sought_elsewhere(worker, hear, stock):
    one = worker()
    stock.free["MILK"] = {"W001": 1000, "S001": 1000}
    await one.PlaceOrder(placing())
    stock.held.clear()
    assert await hear(on_displaced, displaced())
    assert (await get(one)).state == ORDER_STATE_BACKORDERED
    await settle_at_once(one.store, stock, [ORDER])
    order = await get(one)
    assert (order.state, [it.location_id for it in order.allocations]) == (ORDER_STATE_CONFIRMED, ["S001"])


async def test_two_losses_of_one_order_in_one_batch_both_count(worker, hear, stock):
    one = worker()
    stock.free["MILK"] = {"W001": 1000, "S001": 1000}
    await one.PlaceOrder(placing(an_order(a_line(count=2))))
    await hear(on_displaced, displaced(), displaced(place="S001"))
    assert [it.quantity.milli for it in (await get(one)).shortages] == [2000]


async def test_an_order_at_its_end_loses_nothing(worker, hear):
    one = worker()
    await one.PlaceOrder(placing())
    await one.CancelOrder(cancelling())
    await hear(on_displaced, displaced())
    assert (await get(one)).state == ORDER_STATE_CANCELLED


async def test_news_of_stock_goes_to_those_who_wait_for_it(worker, hear, stock):
    one = worker()
    stock.free = {"MILK": {}, "BREAD": {}}
    await one.PlaceOrder(placing(an_order(a_line(sku="MILK"), number="1")))
    await one.PlaceOrder(placing(an_order(a_line(sku="BREAD"), number="2")))
    stock.free["MILK"]["W001"] = 1000
    assert await hear(on_levels, changed("MILK", 1), changed("BREAD", 0))
    await settle_at_once(one.store, stock, [order_id_of(SHOP, it) for it in "12"])
    states = [(await get(one, number)).state for number in "12"]
    assert states == [ORDER_STATE_CONFIRMED, ORDER_STATE_BACKORDERED]


async def test_news_of_what_nobody_can_have_wakes_nobody(hear):
    assert not await hear(on_levels, changed("MILK", 0))


async def test_stock_that_no_event_told_of_is_found_on_the_next_round(worker, stock):
    one = worker()
    stock.free = {"MILK": {}, "BREAD": {}}
    await one.PlaceOrder(placing(an_order(a_line("1", "MILK"), a_line("2", "BREAD"))))
    stock.free["MILK"]["W001"] = stock.free["BREAD"]["W001"] = 1000
    missed = MissedStock(one.store, stock, skus=1, orders=10, new_id=uuid4)
    assert await missed.seek()
    await settle_at_once(one.store, stock, [ORDER])
    assert (await get(one)).state == ORDER_STATE_CONFIRMED
    assert not await missed.seek()

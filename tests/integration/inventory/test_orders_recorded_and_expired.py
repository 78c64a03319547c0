"""Promises lapse unless their order is recorded, and a record that comes late does the best it can."""

from uuid import uuid4

import pytest

from libs.database import transaction
from libs.messaging import Received
from retailmesh.order.v1 import order_events_pb2, order_pb2
from services.inventory.adapters.store import PostgresTransaction
from services.inventory.application.expire_reservations import expire_reservations
from services.inventory.entrypoints.consumers import on_orders
from tests.builders.inventory_requests import (
    HOUR,
    MONDAY,
    a_line,
    a_release,
    a_reservation,
    an_issue,
    issue,
    levels,
    opening_stock,
    order_id,
    release,
    reservations,
    reserve,
)


@pytest.fixture
def expire(worker, clock):
    """``await expire(after=HOUR)``: what the sweep does when that time has passed."""

    async def sweep(after=HOUR):
        await expire_reservations(worker.store, worker.atlas, now=MONDAY + after, limit=2)

    return sweep


@pytest.fixture
def record(worker, clock):
    """``await record(1, 2)``: the events of these orders arrive, with the promises they got."""
    promised = {}

    async def hear(*numbers, kind=order_pb2.ORDER_KIND_STOREFRONT, state=order_pb2.ORDER_STATE_CONFIRMED):
        events = []
        for number in numbers:
            order = order_pb2.Order(order_id=order_id(number), state=state, allocations=promised.get(number))
            order.details.kind = kind
            payload = order_events_pb2.OrderPlaced(order=order).SerializeToString()
            events.append(
                Received(uuid4(), "retailmesh.order.v1.OrderPlaced", order_id(number), MONDAY, payload)
            )
        handle = on_orders(worker.atlas, lambda connection: PostgresTransaction(connection, uuid4), clock)
        async with transaction(worker.engine) as connection:
            await handle(connection, events)

    hear.promised = promised
    return hear


async def place(worker, record, number=1, count=1, **given):
    [result] = await reserve(worker, a_reservation(a_line("MILK", count), order_id=order_id(number), **given))
    record.promised[number] = result.reserved.allocations


async def test_what_nobody_recorded_in_time_is_given_back(worker, record, expire, rows, violations):
    await opening_stock(worker, W1_MILK=10)
    for number in range(1, 6):
        await place(worker, record, number)
    await expire(after=HOUR / 5)
    assert await levels(worker) == {"W1_MILK": (10, 5)}
    await expire(after=HOUR)
    assert await levels(worker) == {"W1_MILK": (10, 0)}
    assert await reservations(worker) == [("1", "W1", 1, "EXPIRED")]
    released = await rows("select key from outbox where type like '%StockReleased'")
    assert sorted(released) == [(order_id(number),) for number in range(1, 6)]
    assert await violations() == []


async def test_a_recorded_orders_promise_never_lapses(worker, record, expire, violations):
    await opening_stock(worker, W1_MILK=10)
    await place(worker, record, 1)
    await place(worker, record, 2)
    await record(1, 2)
    await expire()
    assert await reservations(worker, 1) == [("1", "W1", 1, "FIRM")]
    assert await levels(worker) == {"W1_MILK": (10, 2)}
    assert await violations() == []


async def test_recording_an_order_twice_changes_nothing(worker, record, rows):
    await opening_stock(worker, W1_MILK=10)
    await place(worker, record)
    await record(1, 1)
    before = await rows("select count(*) from outbox")
    await record(1, 1, 2, 2)
    assert await reservations(worker, 1) == [("1", "W1", 1, "FIRM")]
    assert await rows("select count(*) from outbox") == before


async def test_what_a_recorded_order_gets_later_never_lapses_either(worker, record, expire):
    await opening_stock(worker, S1_MILK=10)
    await record(1)
    await place(worker, record, 1)
    await expire()
    assert await reservations(worker, 1) == [("1", "S1", 1, "FIRM")]


async def test_an_order_recorded_after_its_promise_lapsed_gets_it_again(worker, record, expire, violations):
    await opening_stock(worker, W1_MILK=10)
    await place(worker, record)
    await expire()
    await record(1)
    assert await reservations(worker, 1) == [("1", "W1", 1, "FIRM")]
    assert await levels(worker) == {"W1_MILK": (10, 1)}
    await expire()
    assert await reservations(worker, 1) == [("1", "W1", 1, "FIRM")]
    assert await violations() == []


async def test_an_order_recorded_after_its_goods_are_gone_is_told_so(
    worker, record, expire, rows, violations
):
    await opening_stock(worker, W1_MILK=10)
    await place(worker, record, count=4)
    await expire()
    await issue(worker, an_issue(a_line("MILK", 8), location_id="W1"))
    await record(1)
    assert await reservations(worker, 1) == [("1", "W1", 4, "DISPLACED")]
    assert await rows("select key from outbox where type like '%ReservationDisplaced'") == [(order_id(1),)]
    assert await violations() == []


async def test_a_promise_that_was_released_stays_released_when_the_record_comes(worker, record, expire):
    await opening_stock(worker, W1_MILK=10)
    await place(worker, record)
    await expire()
    await release(worker, a_release())
    await record(1)
    assert await reservations(worker, 1) == [("1", "W1", 1, "RELEASED")]


@pytest.mark.parametrize(
    "without_stock",
    [{"kind": order_pb2.ORDER_KIND_TILL_SALE}, {"state": order_pb2.ORDER_STATE_REFUSED}],
)
async def test_orders_that_wait_for_no_stock_leave_no_row(worker, record, rows, without_stock):
    await record(1, 2, **without_stock)
    assert await rows("select count(*) from holds") == [(0,)]


async def test_a_longer_promise_of_the_same_order_holds_for_all_of_it(worker, record, expire, clock):
    await opening_stock(worker, W1_MILK=10)
    await place(worker, record)
    clock.now = MONDAY + HOUR / 6
    await reserve(worker, a_reservation(a_line("MILK", line_id="2")))
    await expire(after=HOUR / 4)
    assert [it[3] for it in await reservations(worker)] == ["TENTATIVE", "TENTATIVE"]

"""The database is away: callers are told so at once, and nothing of what they sent is lost or doubled."""

import time

import pytest
from sqlalchemy import text

from libs.refusals import Unavailable
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import ORDER_STATE_CONFIRMED
from tests.builders.order_requests import an_order, placing

KILL = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = 'test' and pid <> pg_backend_pid()
"""


async def test_a_batch_under_way_when_connections_break_is_told_to_come_back(worker, engine, stock):
    first = worker()
    requests = [placing(an_order(number=str(number))) for number in range(200)]
    batch = pb.BatchPlaceOrdersRequest(orders=requests)

    async def break_connections():
        async with engine.connect() as connection:
            await connection.execute(text(KILL))

    stock.meanwhile = break_connections
    began = time.monotonic()
    refused = (await first.BatchPlaceOrders(batch)).results
    assert time.monotonic() - began < 10
    assert all("ERROR_REASON_DEPENDENCY_UNAVAILABLE" in str(it.refusal) for it in refused)
    placed = (await first.BatchPlaceOrders(batch)).results
    assert {it.placement.state for it in placed} == {ORDER_STATE_CONFIRMED}
    assert stock.free["MILK"]["W001"] == 10_000_000 - 200_000


async def test_a_process_without_a_database_says_so(worker, stock, tmp_path):
    lonely = worker(database_url=f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(Unavailable):
        await lonely.PlaceOrder(placing())
    assert stock.asked == 0

"""A part of the mesh is away: callers are told to come back, nothing is lost, and work resumes by itself."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo

from libs.protos import timestamp_to_proto
from libs.rpc import refusal_of
from libs.rpc.refusals import status_in
from retailmesh.erp.v1 import erp_service_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2
from tests.builders.orders_told import details
from tests.builders.polling import poll_until
from tests.builders.quiet import broken_invariants, rows, until_quiet
from tests.builders.retailer import CHANNEL, kill, start
from tests.builders.shopify import an_order

pytestmark = pytest.mark.e2e

UNPUBLISHED = "select count(*) as events from outbox where published_at is null"


@asynccontextmanager
async def away(mesh, *parts):
    """The parts are killed for the length of the block, and ready again after it."""
    for part in parts:
        await kill(mesh, part)
    try:
        yield
    finally:
        await start(mesh, *parts)


async def all_ready(mesh):
    async def ready():
        parts = await asyncio.to_thread(mesh.status)
        return all(part.condition == "ready" for part in parts)

    await poll_until(ready, 20)


async def settled(mesh):
    await all_ready(mesh)
    await until_quiet(mesh)
    assert await broken_invariants(mesh) == {}


async def condition(mesh, name):
    return {part.name: part.condition for part in await asyncio.to_thread(mesh.status)}[name]


def retry_seconds(error):
    """Of a RetryInfo; None without one."""
    for packed in status_in(error).details:
        retry = RetryInfo()
        if packed.Unpack(retry):
            return retry.retry_delay.ToTimedelta().total_seconds()
    return None


async def refused(call):
    with pytest.raises(grpc.aio.AioRpcError) as failed:
        await call
    return failed.value


def get_order(number):
    name = order_pb2.ChannelOrder(channel=CHANNEL, channel_order_id=str(number))
    return order_service_pb2.GetOrderRequest(order=order_pb2.OrderReference(channel_order=name))


async def test_without_the_database_nobody_is_told_a_lie(retailer, mesh):
    await retailer.webhook("orders/create", an_order(3001), event="order 3001")
    await retailer.order_when(3001, "CONFIRMED")
    async with away(mesh, "postgres"):
        error = await refused(retailer.stub("order").GetOrder(get_order(3001)))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert refusal_of(error).reason == "ERROR_REASON_DEPENDENCY_UNAVAILABLE"
        assert retry_seconds(error) > 0
        for service in ("order", "inventory", "channel_gateway", "erp_gateway"):
            await poll_until(lambda name=service: unready(mesh, name), 15)
        status, _ = await retailer.webhook("orders/create", an_order(3002), event="order 3002")
        assert status == 503
    await all_ready(mesh)
    await retailer.webhook_until_taken("orders/create", an_order(3002), event="order 3002")
    order = await retailer.order_when(3002, "CONFIRMED")
    await retailer.postings_when(order.order_id, 1)
    await settled(mesh)


async def unready(mesh, name):
    return await condition(mesh, name) == "live"


async def test_without_the_broker_orders_are_taken_and_told_later(retailer, mesh):
    async with away(mesh, "nats"):
        status, _ = await retailer.webhook("orders/create", an_order(3003), event="order 3003")
        assert status == 200
        order = await retailer.order_when(3003, "CONFIRMED")
        assert await rows(mesh, "order", UNPUBLISHED) == [{"events": 1}]
        assert await retailer.postings(order.order_id) == []
    await retailer.postings_when(order.order_id, 1)
    await settled(mesh)


async def test_without_inventory_orders_wait_and_are_placed_when_it_is_back(retailer, mesh):
    async with away(mesh, "inventory"):
        status, _ = await retailer.webhook("orders/create", an_order(3004), event="order 3004")
        assert status == 200
        directly = order_service_pb2.PlaceOrderRequest(
            request_id="3005",
            order=details(
                channel_order_id="3005", placed_at=timestamp_to_proto(datetime(2026, 6, 1, tzinfo=UTC))
            ),
        )
        error = await refused(retailer.stub("order").PlaceOrder(directly))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert retry_seconds(error) > 0
        assert await retailer.order(3004) is None
        assert await retailer.order(3001) is not None
    await retailer.order_when(3004, "CONFIRMED")
    answer = await retailer.stub("order").PlaceOrder(directly)
    assert not answer.placement.repeated_order
    await settled(mesh)


async def test_without_the_erp_the_backlog_grows_and_drains_by_itself(retailer, mesh):
    async with away(mesh, "sandbox"):
        await retailer.webhook("orders/create", an_order(3006), event="order 3006")
        order = await retailer.order_when(3006, "CONFIRMED")

        async def backlog():
            request = erp_service_pb2.GetBacklogRequest()
            return (await retailer.stub("erp_gateway").GetBacklog(request)).pending

        assert await poll_until(backlog, 15) == 1
        assert await condition(mesh, "erp_gateway") == "ready"
    await retailer.postings_when(order.order_id, 1)
    await settled(mesh)
    keys = [it["external_key"] for it in await retailer.erp_documents()]
    assert len(keys) == len(set(keys))


async def test_without_the_order_service_messages_are_kept_and_applied_when_it_is_back(
    retailer, mesh, retailmesh
):
    async with away(mesh, "order"):
        status, _ = await retailer.webhook("orders/create", an_order(3007), event="order 3007")
        assert status == 200
        shown = await retailmesh("orders", "show", f"{CHANNEL}/3007")
        assert (shown.status, shown.errors) == (
            1,
            "Error: order: cannot be reached (dependency unavailable)\n",
        )
    await retailer.order_when(3007, "CONFIRMED")
    await settled(mesh)


async def test_a_story_names_the_systems_that_could_not_be_asked(retailer, mesh, retailmesh):
    await retailer.webhook("orders/create", an_order(3008), event="order 3008")
    await retailer.order_when(3008, "CONFIRMED")
    async with away(mesh, "erp_gateway", "nats"):
        shown = await retailmesh("orders", "show", f"{CHANNEL}/3008", "--json")
        assert (shown.status, shown.json["unreadable"].keys()) == (0, {"erp_gateway", "nats"})
        letters = await retailmesh("deadletters", "list", "--json")
        assert (letters.status, letters.json["unreadable"].keys()) == (1, {"nats"})
    await settled(mesh)

"""A part is killed between an effect and its record: committed and not told, written and not answered."""

import asyncio
from uuid import uuid4

import grpc
import pytest

from libs.protos import timestamp_to_proto
from retailmesh.order.v1 import order_service_pb2
from tests.builders.crowd import Crowd, assert_nothing_was_lost_or_doubled, stock
from tests.builders.inventory_requests import pieces
from tests.builders.orders_told import BOUGHT, a_line, details, dollars
from tests.builders.polling import poll_until
from tests.builders.quiet import broken_invariants, rows, until_quiet
from tests.builders.retailer import kill, start
from tests.builders.shopify import an_order

pytestmark = pytest.mark.chaos

UNPUBLISHED = "select count(*) as events from outbox where published_at is null"
ORDERS = "select channel_order_id, count(*) as times from orders where channel = $1 group by 1"
EVENTS = """
    select key, count(*) as events, bool_and(published_at is not null) as published from outbox
    where type = 'retailmesh.order.v1.OrderPlaced' and key = any($1::text[]) group by key
"""
SALES = "select order_id, count(*) as postings from posting where kind = 'SALE' group by order_id"
CALLERS = 12
PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


# ---- committed, and the broker does not know


async def test_what_was_committed_and_not_published_is_told_once_after_a_kill(retailer, mesh):
    before = await stock(mesh)
    crowd = Crowd(retailer, first=100, count=20)
    await kill(mesh, "nats")
    await crowd.buy()
    await poll_until(lambda: all_placed(mesh, crowd), 30)
    [unpublished] = await rows(mesh, "order", UNPUBLISHED)
    assert unpublished["events"] >= len(crowd.purchases)
    await kill(mesh, "order")
    await start(mesh, "nats")
    await start(mesh, "order")
    await assert_nothing_was_lost_or_doubled(mesh, crowd, before)


async def all_placed(mesh, crowd):
    names = {purchase.name[1] for purchase in crowd.purchases}
    found = await rows(mesh, "order", "select channel_order_id from orders")
    return names <= {it["channel_order_id"] for it in found}


# ---- a client that repeats until it is answered


def an_order_by(name):
    """Placed by a client of the API itself."""
    line = a_line(sku="SKU-4", quantity=pieces(1), unit_price=dollars("12.50"), total=dollars("12.50"))
    order = details(
        line,
        channel="api:test",
        channel_order_id=name,
        order_number=name,
        placed_at=timestamp_to_proto(BOUGHT),
        tax=dollars("0"),
        total=dollars("12.50"),
        tenders=[],
    )
    order.tenders.add(tender_id="1", kind="TENDER_KIND_ONLINE", amount=dollars("12.50"))
    return order_service_pb2.PlaceOrderRequest(request_id=f"place {name}", order=order)


async def placed_at_last(stub, request):
    """As any client should: the same request again until there is an answer."""

    async def answered():
        try:
            return (await stub.PlaceOrder(request, timeout=5)).placement
        except grpc.aio.AioRpcError as error:
            if error.code() not in PASSING:
                raise
            return None

    return await poll_until(answered, 60)


@pytest.mark.timeout(100)
async def test_orders_of_a_repeating_client_are_placed_once_while_the_service_is_killed(retailer, mesh):
    stub, run = retailer.stub("order"), uuid4().hex[:8]
    requests = [an_order_by(f"{run}-{number}") for number in range(300)]
    waiting, placements = iter(requests), {}

    async def caller():
        for request in waiting:
            placements[request.request_id] = await placed_at_last(stub, request)

    calling = asyncio.gather(*(caller() for _ in range(CALLERS)))
    for share in (0.2, 0.5):
        await poll_until(lambda share=share: len(placements) >= share * len(requests), 40)
        await kill(mesh, "order")
        await start(mesh, "order")
    await calling
    await until_quiet(mesh, 60)
    assert await broken_invariants(mesh) == {}
    times = {it["channel_order_id"]: it["times"] for it in await rows(mesh, "order", ORDERS, "api:test")}
    assert times == {request.order.channel_order_id: 1 for request in requests}
    order_ids = [placement.order_id for placement in placements.values()]
    assert len(set(order_ids)) == len(requests)
    told = await rows(mesh, "order", EVENTS, order_ids)
    assert len(told) == len(requests)
    assert all(it["events"] == 1 and it["published"] for it in told)
    sales = {it["order_id"]: it["postings"] for it in await rows(mesh, "erp_gateway", SALES)}
    assert {order_id: sales.get(order_id) for order_id in order_ids} == dict.fromkeys(order_ids, 1)
    assert (await retailer.erp("stats"))["doubled"] == []


# ---- written by the ERP, and the answer never came


async def held(retailer):
    """External keys whose answers the ERP holds back."""
    return (await retailer.erp("_control"))["held"]


@pytest.mark.parametrize(("number", "kind"), [(501, "customers"), (502, "orders"), (503, "orders/payment")])
async def test_a_document_written_and_not_answered_is_not_written_again_after_a_kill(
    retailer, mesh, number, kind
):
    await retailer.erp("_control", {"hold": {"kind": kind, "key_contains": ""}})
    # Another customer each time: an account that is there already is not opened again.
    customer = {"id": number, "tags": f"customer:C-{number}", "first_name": "Ada", "last_name": "Abbott"}
    await retailer.webhook("orders/create", an_order(number, customer=customer), event=f"order {number}")
    order = await retailer.order_when(number, "CONFIRMED")
    assert len(await poll_until(lambda: held(retailer), 20)) == 1
    await kill(mesh, "erp_gateway")
    await retailer.erp("_control", {"release": "break"})
    await start(mesh, "erp_gateway")
    [posting] = await retailer.postings_when(order.order_id, 1, deadline=40)
    await until_quiet(mesh)
    assert await broken_invariants(mesh) == {}
    assert (await retailer.erp("stats"))["doubled"] == []
    documents = [it for it in await retailer.erp_documents() if order.order_id in it["external_key"]]
    assert [(it["external_key"], it["sums"]["total"]) for it in documents] == [
        (posting.external_key, "31.50")
    ]
    assert documents[0]["sums"]["paid"] == "31.50"


@pytest.mark.timeout(100)
async def test_a_bad_erp_and_a_killed_gateway_still_make_one_document_for_each_fact(retailer, mesh):
    """One call in ten fails before the write and one write in ten loses its answer."""
    before = await stock(mesh)
    await retailer.erp("_control", {"failed_before": 100, "answer_lost": 100})
    crowd = Crowd(retailer, first=600, count=30)
    await crowd.buy()
    await poll_until(lambda: some_posted(mesh), 30)
    await kill(mesh, "erp_gateway")
    await start(mesh, "erp_gateway")
    await retailer.erp("_control", {"failed_before": 0, "answer_lost": 0})
    await assert_nothing_was_lost_or_doubled(mesh, crowd, before)


async def some_posted(mesh):
    found = await rows(mesh, "erp_gateway", "select count(*) as done from posting where state = 'POSTED'")
    return found[0]["done"]

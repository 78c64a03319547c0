"""One trace for each order, from the message that brought it to the answer of the ERP."""

import asyncio
import contextlib

import pytest

from tests.builders.polling import poll_until
from tests.builders.retailer import settings_of_services
from tests.builders.shopify import a_refund, an_order
from tests.builders.spans import collecting
from tests.builders.till_files import a_file, a_sale, order_name

pytestmark = pytest.mark.e2e

TRACED = ("channel_gateway", "pos_gateway", "order", "inventory", "erp_gateway", "master_data", "sandbox")

WEBHOOK = ("channel_gateway", "POST /webhooks/{vendor}/{shop}")
FILE = ("pos_gateway", "PUT /poslog/{store}/{till}/{filename}")
PLACING = ("order", "place orders")
PLACED = "process retailmesh.order.v1.OrderPlaced"
POSTING = ("erp_gateway", "post to ERP")
STOCK = "retailmesh.inventory.v1.InventoryService"
RECORD_RETURN = "retailmesh.order.v1.OrderService/RecordReturn"

# Service and span of the parent, service and span of the child.
TOLD_BY_EVENTS = [
    ("order", "publish RETAIL_ORDER"),
    ("inventory", "publish RETAIL_INVENTORY"),
    ("inventory", PLACED),
    ("erp_gateway", PLACED),
]
AT_THE_ERP = [
    (("erp_gateway", PLACED), POSTING),
    (POSTING, ("erp_gateway", "sandbox ERP post header")),
    (POSTING, ("erp_gateway", "sandbox ERP post lines")),
    (POSTING, ("erp_gateway", "sandbox ERP post tax")),
    (POSTING, ("erp_gateway", "sandbox ERP post payment")),
    (("erp_gateway", PLACED), ("erp_gateway", "publish RETAIL_ERP")),
]
FROM_THE_STOREFRONT = [
    (WEBHOOK, ("channel_gateway", "apply orders/create")),
    (WEBHOOK, PLACING),
    (PLACING, ("order", f"{STOCK}/ReserveStock")),
    (("order", f"{STOCK}/ReserveStock"), ("inventory", f"{STOCK}/ReserveStock")),
    (WEBHOOK, ("inventory", "ReserveStock batch")),
    *((WEBHOOK, child) for child in TOLD_BY_EVENTS),
    *AT_THE_ERP,
]
FROM_THE_TILL = [
    (FILE, ("pos_gateway", "apply poslog/transaction")),
    (FILE, PLACING),
    (PLACING, ("order", f"{STOCK}/IssueStock")),
    (("order", f"{STOCK}/IssueStock"), ("inventory", f"{STOCK}/IssueStock")),
    (FILE, ("inventory", "IssueStock batch")),
    *((FILE, child) for child in TOLD_BY_EVENTS),
    *AT_THE_ERP,
]


@pytest.fixture(scope="module")
def mesh_services():
    return ["channel_gateway", "pos_gateway", "erp_gateway"]


@pytest.fixture(scope="module")
def collector():
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def mesh_overrides(collector):
    return settings_of_services(**{name: collector.settings() for name in TRACED})


async def assert_traced(collector, trace_id, root, edges):
    """Each edge is in the trace, which has one root."""

    def missing():
        return [
            (parent, child) for parent, child in edges if (*parent, *child) not in collector.edges(trace_id)
        ]

    with contextlib.suppress(AssertionError):
        await poll_until(lambda: not missing(), 10)
    assert missing() == []
    roots = [(it.service, it.name) for it in collector.spans(trace_id) if not it.parent_id]
    assert roots == [root]


async def test_one_trace_leads_from_the_webhook_to_the_erp(retailer, collector):
    await retailer.webhook("orders/create", an_order(4001), event="order 4001")
    order = await retailer.order_when(4001, "CONFIRMED")
    [posting] = await retailer.postings_when(order.order_id, 1)
    assert posting.trace_id == order.trace_id
    await assert_traced(collector, order.trace_id, WEBHOOK, FROM_THE_STOREFRONT)


async def test_one_trace_leads_from_the_tills_file_to_the_erp(retailer, collector):
    await retailer.till_file(a_file(a_sale(41)))
    channel, name = order_name(41)
    order = await retailer.order_when(name, "COMPLETED", channel)
    [posting] = await retailer.postings_when(order.order_id, 1)
    assert posting.trace_id == order.trace_id
    await assert_traced(collector, order.trace_id, FILE, FROM_THE_TILL)


async def test_orders_that_are_placed_together_keep_their_traces_apart(retailer, collector):
    numbers = range(4010, 4020)
    await asyncio.gather(
        *(retailer.webhook("orders/create", an_order(it), event=f"order {it}") for it in numbers)
    )
    traces = {(await retailer.order_when(number, "CONFIRMED")).trace_id for number in numbers}
    assert len(traces) == len(numbers)
    for trace_id in traces:
        edges = [(WEBHOOK, PLACING), (WEBHOOK, ("inventory", "ReserveStock batch"))]
        await assert_traced(collector, trace_id, WEBHOOK, edges)


async def test_a_refund_goes_on_in_a_trace_of_its_own_to_the_erp(retailer, collector):
    await retailer.webhook("orders/create", an_order(4002), event="order 4002")
    await retailer.order_when(4002, "CONFIRMED")
    await retailer.webhook("refunds/create", a_refund(92, order=4002, restock="cancel"), event="refund 92")
    order = await retailer.order(4002)
    _, credit = await retailer.postings_when(order.order_id, 2)
    returned = "process retailmesh.order.v1.ReturnRecorded"
    edges = [
        (WEBHOOK, ("channel_gateway", "apply refunds/create")),
        (("channel_gateway", "apply refunds/create"), ("channel_gateway", RECORD_RETURN)),
        (("channel_gateway", RECORD_RETURN), ("order", RECORD_RETURN)),
        (("order", RECORD_RETURN), ("order", "publish RETAIL_ORDER")),
        (("order", RECORD_RETURN), ("erp_gateway", returned)),
        (("erp_gateway", returned), POSTING),
    ]
    await assert_traced(collector, credit.trace_id, WEBHOOK, edges)
    assert credit.trace_id != order.trace_id

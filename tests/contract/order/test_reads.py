import pytest

from libs.protos import timestamp_to_proto
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import ORDER_KIND_STOREFRONT, ORDER_KIND_TILL_SALE
from retailmesh.type.v1.page_pb2 import PageRequest
from tests.builders.order_requests import (
    MONDAY,
    TILL,
    a_line,
    a_return,
    a_sale,
    a_shipment,
    an_order,
    back,
    cancelling,
    holding,
    named,
    placing,
    releasing,
    returning,
    returning_without_order,
    shipping,
    updating,
    usd,
)
from tests.builders.refused import refused
from tests.contract.order.conftest import hold, state


async def place(stub, *orders):
    await stub.BatchPlaceOrders(pb.BatchPlaceOrdersRequest(orders=[placing(order) for order in orders]))


async def listed(stub, **wanted):
    return await stub.ListOrders(pb.ListOrdersRequest(**wanted))


def numbers(answer):
    return [order.channel_order_id for order in answer.orders]


async def test_an_unknown_order_is_not_found(cli):
    with refused("ERROR_REASON_ORDER_UNKNOWN"):
        await cli.GetOrder(pb.GetOrderRequest(order=named()))


async def test_an_order_is_listed_in_few_words(cli):
    await place(cli, an_order(a_line(count=12), total=usd("30.00")))
    [order] = (await listed(cli)).orders
    assert (order.channel, order.channel_order_id, order.order_number) == ("shopify:main", "1001", "#1001")
    assert (order.kind, order.state) == (ORDER_KIND_STOREFRONT, state("CONFIRMED"))
    assert (order.total, order.refunded) == (usd("30.00"), usd("0"))
    assert order.allocated_locations == 2
    assert order.placed_at == timestamp_to_proto(MONDAY)


async def test_a_list_tells_orders_called_off_from_those_given_back_line_by_line(cli):
    await place(cli, an_order(number="1"), an_order(number="2"), an_order(number="3"))
    await cli.CancelOrder(cancelling(named("1")))
    await cli.RecordReturn(returning(a_return(back(), location_id=""), named("2")))
    found = {it.channel_order_id: (it.state, it.called_off) for it in (await listed(cli)).orders}
    cancelled = state("CANCELLED")
    assert found == {"1": (cancelled, True), "2": (cancelled, False), "3": (state("CONFIRMED"), False)}


async def test_orders_are_listed_page_by_page_and_returns_without_order_follow_the_last(cli):
    for number in range(1, 6):
        await place(cli, an_order(number=str(number)))
    for number in range(1, 4):
        await cli.RecordReturn(returning_without_order(a_return(return_id=f"R{number}", location_id="")))
    seen, token = [], ""
    for _ in range(4):
        page = await listed(cli, page=PageRequest(page_size=2, page_token=token))
        seen.append(numbers(page) + [it.return_id for it in page.unlinked_returns])
        token = page.page.next_page_token
    assert seen == [["1", "2"], ["3", "4"], ["5", "R1"], ["R2", "R3"]]
    assert token == ""


async def test_a_page_that_ends_with_the_last_order_is_followed_by_the_returns(cli):
    await place(cli, an_order(number="1"), an_order(number="2"))
    await cli.RecordReturn(returning_without_order(a_return(location_id="")))
    first = await listed(cli, page=PageRequest(page_size=2))
    assert (len(first.orders), len(first.unlinked_returns)) == (2, 0)
    second = await listed(cli, page=PageRequest(page_size=2, page_token=first.page.next_page_token))
    assert (len(second.orders), len(second.unlinked_returns)) == (0, 1)
    assert second.page.next_page_token == ""


async def test_orders_are_listed_by_state_kind_channel_and_time(cli):
    later = timestamp_to_proto(MONDAY.replace(hour=15))
    await place(cli, an_order(number="1"), an_order(number="2", paid=False))
    await place(cli, a_sale(number="3"), an_order(number="4", placed_at=later))
    assert numbers(await listed(cli, states=[state("HELD")])) == ["2"]
    assert numbers(await listed(cli, kind=ORDER_KIND_TILL_SALE)) == ["3"]
    assert numbers(await listed(cli, channel=TILL)) == ["3"]
    assert numbers(await listed(cli, placed_from=later)) == ["4"]
    assert sorted(numbers(await listed(cli, placed_before=later))) == ["1", "2", "3"]


@pytest.mark.parametrize("wanted", [{"states": [1]}, {"kind": 1}])
async def test_returns_without_order_have_neither_state_nor_kind(cli, wanted):
    await cli.RecordReturn(returning_without_order(a_return(location_id="")))
    assert len((await listed(cli, **wanted)).unlinked_returns) == 0


async def test_a_token_of_another_list_is_refused(cli):
    await place(cli, an_order(number="1"), an_order(number="2"))
    token = (await listed(cli, page=PageRequest(page_size=1))).page.next_page_token
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
        await listed(cli, channel=TILL, page=PageRequest(page_size=1, page_token=token))


async def test_the_history_tells_an_orders_life_in_sentences(orders, cli):
    await place(cli, an_order(a_line(count=2), paid=False))
    await orders.UpdateOrder(updating(paid=True))
    await cli.HoldOrder(holding())
    await cli.ReleaseHold(releasing())
    await orders.RecordShipment(shipping(shipment=a_shipment(("1", 2))))
    await orders.RecordReturn(returning(a_return(back())))
    entries = (await cli.ListOrderHistory(pb.ListOrderHistoryRequest(order=named()))).entries
    assert [it.summary for it in entries] == [
        "recorded as held: payment pending",
        "changed by its channel, paid",
        "held no longer, now backordered",
        "the order was paid: now confirmed; supplied by W001",
        "held: operator",
        "held no longer, now confirmed",
        "1 line sent, now completed",
        "1 line taken back, 2.50 USD given back",
    ]
    assert entries[0].type == "retailmesh.order.v1.OrderPlaced"
    assert all(len(it.trace_id) == 32 for it in entries)
    assert not entries[0].HasField("published_at")


async def test_the_history_tells_why_an_order_is_not_carried_out(orders, cli):
    await place(cli, an_order(number="1", test=True), an_order(a_line(count=20), number="2"))
    await orders.CancelOrder(cancelling(named("2")))
    sentences = [
        [
            it.summary
            for it in (await cli.ListOrderHistory(pb.ListOrderHistoryRequest(order=named(one)))).entries
        ]
        for one in ("1", "2")
    ]
    assert sentences == [
        ["recorded as refused: test order"],
        ["recorded as backordered; supplied by S001, W001; 1 line waits for stock", "called off"],
    ]


async def test_an_unknown_order_has_no_history(cli):
    with refused("ERROR_REASON_ORDER_UNKNOWN"):
        await cli.ListOrderHistory(pb.ListOrderHistoryRequest(order=named()))


async def test_orders_are_counted_by_kind_state_and_reason(cli):
    await place(cli, an_order(a_line(count=12), number="1"), an_order(number="2"), a_sale(number="3"))
    await place(cli, an_order(number="4", paid=False), an_order(number="5", test=True))
    await cli.RecordReturn(returning_without_order(a_return(location_id="")))
    summary = await cli.SummarizeOrders(pb.SummarizeOrdersRequest())
    counts = {(it.kind, it.state, it.hold_reason, it.refusal_reason): it.orders for it in summary.counts}
    assert counts == {
        (ORDER_KIND_STOREFRONT, state("CONFIRMED"), 0, 0): 2,
        (ORDER_KIND_STOREFRONT, state("HELD"), hold("PAYMENT_PENDING"), 0): 1,
        (ORDER_KIND_STOREFRONT, state("REFUSED"), 0, 1): 1,
        (ORDER_KIND_TILL_SALE, state("COMPLETED"), 0, 0): 1,
    }
    assert (summary.split_orders, summary.returns) == (1, 1)


async def test_an_order_stays_split_when_it_has_been_sent(orders, cli):
    await place(cli, an_order(a_line(count=12)))
    await orders.RecordShipment(shipping(shipment=a_shipment(("1", 12))))
    assert (await cli.SummarizeOrders(pb.SummarizeOrdersRequest())).split_orders == 1


async def test_only_the_span_of_time_asked_for_is_counted(cli):
    await place(cli, an_order())
    request = pb.SummarizeOrdersRequest(placed_from=timestamp_to_proto(MONDAY.replace(hour=15)))
    assert len((await cli.SummarizeOrders(request)).counts) == 0


async def test_a_page_too_large_breaks_the_contract(cli):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await listed(cli, page=PageRequest(page_size=1001))
    assert seen.field == "page.page_size"

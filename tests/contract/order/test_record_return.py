import pytest

from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import ReturnedLine
from retailmesh.type.v1.quantity_pb2 import UNIT_KILOGRAM, Quantity
from tests.builders.order_requests import (
    SHOP,
    TILL,
    a_line,
    a_return,
    a_sale,
    a_shipment,
    an_order,
    back,
    cancelling,
    named,
    placing,
    returning,
    returning_without_order,
    shipping,
    usd,
)
from tests.builders.refused import refused
from tests.contract.order.conftest import state


@pytest.fixture
async def sent(orders):
    """An order of three pieces of milk and a loaf, all of it sent; 10.00 paid."""
    await orders.PlaceOrder(placing(an_order(a_line(count=3), a_line("2", "BREAD"))))
    return (await orders.RecordShipment(shipping(shipment=a_shipment(("1", 3), ("2", 1))))).order


def received(stock):
    return [(it.location_id, [(one.sku, one.milli) for one in it.goods]) for it in stock.received]


async def test_goods_brought_back_go_on_the_shelf_of_the_store_that_took_them(orders, sent, stock):
    order = (await orders.RecordReturn(returning(a_return(back(count=2), amount="5.00")))).order
    assert order.state == state("COMPLETED")
    assert [it.return_id for it in order.returns] == ["R1"]
    assert received(stock) == [("S001", [("MILK", 2000)])]


async def test_goods_that_are_not_restocked_stay_off_the_shelf(orders, sent, stock):
    await orders.RecordReturn(returning(a_return(back(restock=False), location_id="")))
    assert stock.received == []


async def test_money_can_be_given_back_without_goods(orders, cli, sent, stock):
    await orders.RecordReturn(returning(a_return(amount="1.00", location_id="")))
    [listed] = (await orders_listed(cli)).orders
    assert listed.refunded == usd("1.00")
    assert stock.received == []


async def orders_listed(stub):
    return await stub.ListOrders(pb.ListOrdersRequest())


async def test_a_return_repeated_under_any_request_changes_nothing(orders, sent, stock):
    request = returning(request_id="r1")
    first = await orders.RecordReturn(request)
    assert await orders.RecordReturn(request) == first
    assert (await orders.RecordReturn(returning())).order == first.order
    assert len(stock.received) == 1


async def test_a_return_with_the_id_of_another_is_refused(orders, sent):
    await orders.RecordReturn(returning())
    with refused("ERROR_REASON_DOCUMENT_DIFFERS"):
        await orders.RecordReturn(returning(a_return(back(), amount="1.00")))


async def test_two_channels_may_give_returns_the_same_id(orders, sent):
    await orders.RecordReturn(returning())
    order = (await orders.RecordReturn(returning(channel="till:S001"))).order
    assert len(order.returns) == 2


async def test_a_request_id_used_for_another_return_is_refused(orders, sent):
    await orders.RecordReturn(returning(request_id="r1"))
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await orders.RecordReturn(returning(a_return(return_id="R2"), request_id="r1"))


async def test_more_money_than_was_paid_is_never_given_back(orders, sent):
    await orders.RecordReturn(returning(a_return(amount="9.00", location_id="")))
    with refused("ERROR_REASON_REFUND_EXCEEDED") as seen:
        await orders.RecordReturn(returning(a_return(return_id="R2", amount="1.01", location_id="")))
    assert seen.field == "return.amount"
    await orders.RecordReturn(returning(a_return(return_id="R2", amount="1.00", location_id="")))


async def test_more_goods_than_were_bought_are_never_taken_back(orders, sent):
    await orders.RecordReturn(returning(a_return(back(count=2))))
    with refused("ERROR_REASON_QUANTITY_EXCEEDED") as seen:
        await orders.RecordReturn(returning(a_return(back(count=2), return_id="R2")))
    assert (seen.field, seen.metadata) == ("return.lines[0].quantity", {"line_id": "1"})


async def test_one_line_can_come_back_in_two_conditions(orders, sent, stock):
    await orders.RecordReturn(returning(a_return(back(count=2), back(count=1, restock=False))))
    assert received(stock) == [("S001", [("MILK", 2000)])]


async def test_goods_are_not_restocked_nowhere(orders, sent):
    with refused("ERROR_REASON_LOCATION_MISSING"):
        await orders.RecordReturn(returning(a_return(back(), location_id="")))


async def test_an_unknown_location_takes_nothing_back(orders, sent):
    with refused("ERROR_REASON_LOCATION_UNKNOWN"):
        await orders.RecordReturn(returning(a_return(back(), location_id="S009")))


async def test_a_line_the_order_does_not_have_cannot_come_back(orders, sent):
    with refused("ERROR_REASON_LINE_UNKNOWN"):
        await orders.RecordReturn(returning(a_return(back("7"))))


async def test_another_currency_is_not_given_back(orders, sent):
    with refused("ERROR_REASON_CURRENCY_MIXED"):
        money = usd("1.00")
        money.currency_code = "EUR"
        await orders.RecordReturn(returning(a_return(amount="1.00", tax=money)))


async def test_another_unit_than_the_lines_is_refused(orders, sent):
    line = ReturnedLine(line_id="1", quantity=Quantity(milli=1, unit=UNIT_KILOGRAM))
    with refused("ERROR_REASON_INVALID_FIELD"):
        await orders.RecordReturn(returning(a_return(line)))


async def test_an_unknown_order_takes_nothing_back(orders):
    with refused("ERROR_REASON_ORDER_UNKNOWN"):
        await orders.RecordReturn(returning())


async def test_a_refund_of_goods_not_sent_calls_them_off(orders, stock):
    placement = (await orders.PlaceOrder(placing(an_order(a_line(count=2), a_line("2", "BREAD"))))).placement
    order = (await orders.RecordReturn(returning(a_return(back("2"), location_id="")))).order
    assert order.state == state("CONFIRMED")
    assert [it.line_id for it in order.allocations] == ["1"]
    assert stock.promised_to(placement.order_id) == {"1": {"W001": 2000}}
    assert stock.received == []


async def test_a_line_called_off_in_part_seeks_what_is_left_anew(orders, stock):
    placement = (await orders.PlaceOrder(placing(an_order(a_line(count=3))))).placement
    await orders.RecordReturn(returning(a_return(back(count=1), location_id="")))
    order = (await orders.GetOrder(pb.GetOrderRequest(order=named()))).order
    assert order.state == state("CONFIRMED")
    assert [it.quantity.milli for it in order.allocations] == [2000]
    assert stock.promised_to(placement.order_id) == {"1": {"W001": 2000}}


async def test_an_order_refunded_line_by_line_before_it_was_sent_is_cancelled(orders):
    await orders.PlaceOrder(placing(an_order(a_line(), a_line("2", "BREAD"))))
    await orders.RecordReturn(returning(a_return(back("1"), location_id="")))
    order = (await orders.RecordReturn(returning(a_return(back("2"), return_id="R2", location_id="")))).order
    assert order.state == state("CANCELLED")


async def test_goods_waiting_for_stock_are_called_off_before_promised_ones(orders, stock):
    await orders.PlaceOrder(placing(an_order(a_line(count=20))))
    order = (
        await orders.RecordReturn(returning(a_return(back(count=5), amount="12.50", location_id="")))
    ).order
    assert (order.state, len(order.shortages)) == (state("CONFIRMED"), 0)
    assert stock.released == []


async def test_the_money_of_a_cancelled_order_can_be_given_back(orders):
    await orders.PlaceOrder(placing())
    await orders.CancelOrder(cancelling())
    order = (await orders.RecordReturn(returning(a_return(location_id="")))).order
    assert (order.state, len(order.returns)) == (state("CANCELLED"), 1)


async def test_goods_sold_at_a_till_come_back_to_another_store(cli, stock):
    await cli.PlaceOrder(placing(a_sale(a_line(count=2), number="1")))
    request = returning(a_return(back(), location_id="S002"), named("1", TILL), channel=TILL)
    assert (await cli.RecordReturn(request)).order.state == state("COMPLETED")
    assert received(stock) == [("S002", [("MILK", 1000)])]


def without_line(sku="MILK", **given):
    return back("", sku=sku, **given)


async def test_goods_come_back_without_their_order(cli, stock):
    request = returning_without_order(a_return(without_line(), without_line("WRAP")), "r1")
    answer = await cli.RecordReturn(request)
    assert not answer.HasField("order")
    assert await cli.RecordReturn(request) == answer
    assert received(stock) == [("S001", [("MILK", 1000)])]
    assert [it.return_id for it in (await orders_listed(cli)).unlinked_returns] == ["R1"]


@pytest.mark.parametrize("line", [without_line("UNHEARD-OF"), without_line("CHEESE")])
async def test_goods_of_no_known_product_or_unit_are_not_restocked_without_their_order(cli, line):
    with refused("ERROR_REASON_PRODUCT_UNKNOWN"):
        await cli.RecordReturn(returning_without_order(a_return(line)))


async def test_goods_of_no_known_product_come_back_if_they_are_not_restocked(cli, stock):
    await cli.RecordReturn(returning_without_order(a_return(without_line("UNHEARD-OF", restock=False))))
    assert stock.received == []


async def test_a_return_cannot_belong_to_an_order_in_one_call_and_to_none_in_another(cli, orders, sent):
    await cli.RecordReturn(returning_without_order(a_return(amount="1.00")))
    with refused("ERROR_REASON_DOCUMENT_DIFFERS"):
        await cli.RecordReturn(returning(a_return(amount="1.00"), named("1001", SHOP)))


@pytest.mark.parametrize(
    ("field", "returned"),
    [
        ("return.return_id", a_return(return_id="")),
        ("return.amount", a_return(amount="-1.00")),
        ("return.lines[0].quantity", a_return(back(count=0))),
    ],
)
async def test_a_field_that_breaks_its_rule_is_named(cli, field, returned):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await cli.RecordReturn(returning(returned))
    assert seen.field == field

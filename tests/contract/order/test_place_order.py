import asyncio

import grpc
import pytest

from libs.protos import timestamp_to_proto
from libs.refusals import Refusal
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import (
    REFUSAL_REASON_ALREADY_CANCELLED,
    REFUSAL_REASON_NOTHING_ORDERED,
    REFUSAL_REASON_TEST_ORDER,
    Discount,
    OrderReference,
)
from retailmesh.type.v1.quantity_pb2 import UNIT_KILOGRAM, Quantity
from services.order.domain.new_order import order_id_of
from tests.builders.order_requests import MONDAY, SHOP, a_line, an_order, named, placing, postage, usd
from tests.builders.refused import refused
from tests.contract.order.conftest import hold, state


async def place(stub, order=None, request_id="", **given):
    return (await stub.PlaceOrder(placing(order, request_id, **given))).placement


async def get(stub, reference=None):
    return (await stub.GetOrder(pb.GetOrderRequest(order=reference or named()))).order


async def test_an_order_is_confirmed_and_its_goods_are_promised(orders, stock):
    placement = await place(orders, an_order(a_line(count=2), a_line("2", "BREAD")))
    assert placement.state == state("CONFIRMED")
    assert placement.order_id == order_id_of(SHOP, "1001")
    assert [(it.line_id, it.location_id, it.quantity.milli) for it in placement.allocations] == [
        ("1", "W001", 2000),
        ("2", "W001", 1000),
    ]
    assert stock.promised_to(placement.order_id) == {"1": {"W001": 2000}, "2": {"W001": 1000}}


async def test_an_order_is_read_as_it_was_handed_over_under_either_name(orders):
    order = an_order(a_line(count=2), postage())
    placement = await place(orders, order)
    found = await get(orders)
    assert found.details == order
    assert (found.version, found.state) == (1, state("CONFIRMED"))
    assert found == await get(orders, OrderReference(order_id=placement.order_id))


async def test_a_shortage_backorders_the_order_and_keeps_what_there_is(orders):
    placement = await place(orders, an_order(a_line(count=20), a_line("2", "BREAD")))
    assert placement.state == state("BACKORDERED")
    assert [(it.line_id, it.quantity.milli) for it in placement.shortages] == [("1", 5000)]
    assert {it.location_id for it in placement.allocations} == {"W001", "S001"}


async def test_a_line_without_stock_needs_none(orders):
    placement = await place(orders, an_order(a_line("1", "WRAP"), postage()))
    assert (placement.state, len(placement.allocations)) == (state("CONFIRMED"), 0)


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (an_order(a_line(sku="UNHEARD-OF")), "UNKNOWN_PRODUCT"),
        (an_order(a_line(sku="")), "UNKNOWN_PRODUCT"),
        (an_order(total=usd("2.52")), "TOTALS_MISMATCH"),
        (an_order(a_line(count=3, total=usd("7.00"))), "TOTALS_MISMATCH"),
        (an_order(tax=usd("0.20")), "TOTALS_MISMATCH"),
        (an_order(paid=False), "PAYMENT_PENDING"),
        (an_order(a_line(price="0")), "PRICE_SUSPECT"),
        (an_order(a_line(quantity=Quantity(milli=1000, unit=UNIT_KILOGRAM))), "STOCK_REFUSED"),
    ],
)
async def test_a_doubtful_order_is_held_and_reserves_nothing(orders, stock, order, reason):
    placement = await place(orders, order)
    assert (placement.state, list(placement.hold_reasons)) == (state("HELD"), [hold(reason)])
    assert stock.held == {}


@pytest.mark.parametrize(
    "order",
    [
        an_order(total=usd("2.51")),
        an_order(tax=usd("0.20"), tax_included=True),
        an_order(tax=usd("0.20"), shipping_charge=usd("4"), total=usd("6.70")),
        an_order(a_line(price="3.99", discounts=[Discount(amount=usd("3.99"))], total=usd("0"))),
        an_order(a_line(quantity=Quantity(milli=420, unit=UNIT_KILOGRAM), sku="CHEESE", total=usd("1.05"))),
        an_order(
            total=usd("0"),
            lines=[a_line(total=usd("0"), discounts=[Discount(amount=usd("2.50"))])],
            paid=False,
        ),
    ],
)
async def test_an_order_in_order_is_confirmed(orders, order):
    assert (await place(orders, order)).state == state("CONFIRMED")


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (an_order(test=True), REFUSAL_REASON_TEST_ORDER),
        (an_order(cancelled=True), REFUSAL_REASON_ALREADY_CANCELLED),
        (an_order(lines=[], total=usd("0")), REFUSAL_REASON_NOTHING_ORDERED),
    ],
)
async def test_what_is_no_order_is_recorded_as_refused(orders, stock, order, reason):
    placement = await place(orders, order)
    assert (placement.state, placement.refusal_reason) == (state("REFUSED"), reason)
    assert (await get(orders)).refusal_reason == reason
    assert stock.asked == 0


async def test_a_repeat_of_the_request_gets_the_first_answer(orders, stock):
    first = await place(orders, request_id="r1")
    assert await place(orders, request_id="r1") == first
    assert not first.repeated_order
    assert stock.asked == 1


async def test_another_request_for_the_same_order_is_told_so(orders):
    first = await place(orders, request_id="r1")
    second = await place(orders, request_id="r2")
    assert second.repeated_order
    second.repeated_order = False
    assert second == first


async def test_a_request_id_used_for_another_order_is_refused(orders):
    await place(orders, request_id="r1")
    with refused("ERROR_REASON_REQUEST_ID_REUSED") as seen:
        await place(orders, an_order(number="1002"), request_id="r1")
    assert seen.code is grpc.StatusCode.ALREADY_EXISTS
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await place(orders, an_order(a_line(count=2)), request_id="r1")


async def test_a_channel_order_with_other_content_is_refused(orders):
    await place(orders)
    with refused("ERROR_REASON_CHANNEL_ORDER_DIFFERS") as seen:
        await place(orders, an_order(a_line(count=2)))
    assert seen.metadata == {"order_id": order_id_of(SHOP, "1001")}


async def test_many_calls_for_one_channel_order_record_one_order(orders, stock):
    placements = await asyncio.gather(*[place(orders, an_order(a_line(count=2))) for _ in range(20)])
    assert len({it.order_id for it in placements}) == 1
    assert [it.repeated_order for it in placements].count(False) == 1
    assert stock.free["MILK"]["W001"] == 8000


async def test_an_order_that_stands_twice_in_the_calls_of_one_moment_with_other_content_is_refused(
    orders, stock
):
    first, second = an_order(a_line(count=2)), an_order(a_line(count=3))
    answers = await asyncio.gather(place(orders, first), place(orders, second), return_exceptions=True)
    assert sum(isinstance(answer, grpc.aio.AioRpcError) for answer in answers) == 1
    found = await get(orders)
    assert sum(stock.promised_to(found.order_id)["1"].values()) == found.details.lines[0].quantity.milli


async def test_a_line_that_stands_twice_is_refused(orders):
    with refused("ERROR_REASON_DUPLICATE_LINE") as seen:
        await place(orders, an_order(a_line("1"), a_line("2"), a_line("1", "BREAD")))
    assert (seen.field, seen.metadata) == ("order.lines", {"line_id": "1"})


async def test_amounts_of_several_currencies_are_refused(orders):
    with refused("ERROR_REASON_CURRENCY_MIXED"):
        await place(orders, an_order(currency="EUR"))


@pytest.mark.parametrize(
    ("field", "order"),
    [
        ("order.channel", an_order(channel="two words")),
        ("order.channel", an_order(channel="a\nb")),
        ("order.channel_order_id", an_order(channel_order_id="")),
        ("order.kind", an_order(kind=0)),
        ("order.currency", an_order(currency="usd")),
        ("order.lines[0].quantity", an_order(a_line(quantity=Quantity(milli=0, unit=1)))),
        ("order.lines[0].line_id", an_order(a_line(line_id=""))),
    ],
)
async def test_a_field_that_breaks_its_rule_is_named(orders, field, order):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await place(orders, order)
    assert (seen.field, seen.code) == (field, grpc.StatusCode.INVALID_ARGUMENT)


async def test_an_amount_finer_than_a_micro_is_refused(orders):
    order = an_order()
    order.lines[0].unit_price.nanos = 1
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await place(orders, order)
    assert seen.field == "order.lines[0]"


async def test_without_inventory_nothing_is_recorded_and_the_caller_shall_come_back(orders, stock):
    stock.away = True
    with refused("ERROR_REASON_DEPENDENCY_UNAVAILABLE") as seen:
        await place(orders)
    assert seen.refusal.retry_after_seconds == 1.0
    with refused("ERROR_REASON_ORDER_UNKNOWN"):
        await get(orders)
    stock.away = False
    assert (await place(orders)).state == state("CONFIRMED")


async def test_without_master_data_nothing_is_recorded(orders, catalogue):
    catalogue.away = True
    with refused("ERROR_REASON_DEPENDENCY_UNAVAILABLE"):
        await place(orders)
    catalogue.away = False
    assert not (await place(orders)).repeated_order


async def test_an_order_repeated_after_its_reservation_was_lost_sight_of_reserves_once(orders, stock):
    stock.lose_answers = True
    with refused("ERROR_REASON_DEPENDENCY_UNAVAILABLE"):
        await place(orders, request_id="r1")
    stock.lose_answers = False
    placement = await place(orders, request_id="r1")
    assert placement.state == state("CONFIRMED")
    assert stock.free["MILK"]["W001"] == 9000


async def test_an_order_changed_after_its_reservation_was_lost_sight_of_holds_only_what_it_has_now(
    orders, stock
):
    stock.lose_answers = True
    with refused("ERROR_REASON_DEPENDENCY_UNAVAILABLE"):
        await place(orders, an_order(a_line(count=2), a_line("2", "BREAD")))
    stock.lose_answers = False
    placement = await place(orders, an_order(a_line(count=3)))
    assert placement.state == state("CONFIRMED")
    assert stock.promised_to(placement.order_id) == {"1": {"W001": 3000}}


async def test_an_order_outdone_by_other_content_leaves_the_other_what_it_was_promised(orders, stock):
    first, second = an_order(a_line(count=2)), an_order(a_line(count=3), a_line("2", "BREAD"))
    stock.meanwhile = lambda: place(orders, first)
    with refused("ERROR_REASON_CHANNEL_ORDER_DIFFERS"):
        await place(orders, second)
    found = await get(orders)
    assert (found.details, found.state) == (first, state("CONFIRMED"))
    assert stock.promised_to(found.order_id) == {"1": {"W001": 2000}}


async def test_goods_that_inventory_refuses_to_promise_hold_the_order(orders, stock):
    stock.refusals["MILK"] = Refusal("another unit")
    placement = await place(orders)
    assert (placement.state, list(placement.hold_reasons)) == (state("HELD"), [hold("STOCK_REFUSED")])


async def test_an_order_continues_the_trace_it_brings(orders):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    await place(orders, traceparent=f"00-{trace}-00f067aa0ba902b7-00")
    assert (await get(orders)).trace_id == trace


async def test_an_order_without_a_trace_of_its_own_continues_that_of_the_call(orders):
    await place(orders)
    assert len((await get(orders)).trace_id) == 32


async def test_an_older_storefront_time_is_kept(orders):
    await place(orders)
    assert (await get(orders)).details.placed_at == timestamp_to_proto(MONDAY)


async def test_a_stranger_may_not_place_orders(grpc_create_channel, grpc_stub_cls):
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await place(grpc_stub_cls(grpc_create_channel("stranger")))

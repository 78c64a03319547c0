from retailmesh.order.v1 import order_service_pb2 as pb
from tests.builders.order_requests import a_line, an_order, placing
from tests.builders.refused import refused
from tests.contract.order.conftest import hold, state


async def place(stub, *requests):
    return (await stub.BatchPlaceOrders(pb.BatchPlaceOrdersRequest(orders=requests))).results


async def test_each_order_of_a_batch_is_answered_for_itself_in_the_order_asked(orders):
    results = await place(
        orders,
        placing(an_order(number="1")),
        placing(an_order(a_line("1"), a_line("1"), number="2")),
        placing(an_order(number="3", paid=False)),
        placing(an_order(number="4", test=True)),
    )
    assert [it.placement.state for it in results] == [
        state("CONFIRMED"),
        state("UNSPECIFIED"),
        state("HELD"),
        state("REFUSED"),
    ]
    assert "ERROR_REASON_DUPLICATE_LINE" in str(results[1].refusal)


async def test_a_batch_asks_inventory_once(orders, stock):
    await place(orders, *[placing(an_order(number=str(number))) for number in range(50)])
    assert stock.asked == 1


async def test_the_same_order_twice_in_a_batch_is_recorded_once(orders, stock):
    results = await place(orders, placing(), placing())
    assert [it.placement.repeated_order for it in results] == [False, True]
    assert stock.free["MILK"]["W001"] == 9000


async def test_the_same_request_twice_in_a_batch_is_answered_twice(orders):
    request = placing()
    first, second = await place(orders, request, request)
    assert first == second


async def test_a_request_id_twice_in_a_batch_for_two_orders_refuses_the_second(orders):
    first, second = await place(
        orders, placing(an_order(number="1"), "r1"), placing(an_order(number="2"), "r1")
    )
    assert first.placement.state == state("CONFIRMED")
    assert "ERROR_REASON_REQUEST_ID_REUSED" in str(second.refusal)


async def test_the_batch_repeated_answers_as_before(orders, stock):
    requests = [placing(an_order(a_line(count=8), number=str(number))) for number in range(3)]
    first = await place(orders, *requests)
    assert [it.placement.state for it in first] == [
        state("CONFIRMED"),
        state("BACKORDERED"),
        state("BACKORDERED"),
    ]
    assert await place(orders, *requests) == first
    assert stock.asked == 1


async def test_without_inventory_orders_that_need_none_are_recorded_all_the_same(orders, stock):
    stock.away = True
    needs, held = await place(
        orders, placing(an_order(number="1")), placing(an_order(number="2", paid=False))
    )
    assert "ERROR_REASON_DEPENDENCY_UNAVAILABLE" in str(needs.refusal)
    assert list(held.placement.hold_reasons) == [hold("PAYMENT_PENDING")]


async def test_an_outage_is_answered_for_all_of_a_batch_at_once(orders, catalogue):
    catalogue.away = True
    results = await place(orders, *[placing(an_order(number=str(number))) for number in range(50)])
    assert all("ERROR_REASON_DEPENDENCY_UNAVAILABLE" in str(it.refusal) for it in results)
    assert catalogue.asked == 1


async def test_an_unsound_amount_in_one_order_does_not_harm_the_others(orders):
    broken = placing(an_order(number="1"))
    broken.order.lines[0].total.nanos = -1
    refusal, other = await place(orders, broken, placing(an_order(number="2")))
    assert "ERROR_REASON_INVALID_FIELD" in str(refusal.refusal)
    assert other.placement.state == state("CONFIRMED")


async def test_an_order_too_large_for_an_event_is_refused_alone(orders):
    lines = [a_line(str(number), title="x" * 255, channel_product="y" * 128) for number in range(1, 2001)]
    huge = an_order(*lines, number="1")
    large, other = await place(orders, placing(huge), placing(an_order(number="2")))
    assert "an order has at most 500000 bytes" in large.refusal.message
    assert other.placement.state == state("CONFIRMED")


async def test_an_empty_batch_breaks_the_contract(orders):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await place(orders)
    assert seen.field == "orders"

import pytest

from libs.refusals import Refusal
from tests.builders.order_requests import (
    a_line,
    a_shipment,
    an_order,
    cancelling,
    holding,
    placing,
    releasing,
    shipping,
    usd,
)
from tests.builders.refused import refused
from tests.contract.order.conftest import hold, state


async def test_a_held_order_keeps_its_promises_and_gets_out_as_it_was(orders, cli, stock):
    placement = (await orders.PlaceOrder(placing())).placement
    held = (await cli.HoldOrder(holding())).order
    assert (held.state, list(held.hold_reasons)) == (state("HELD"), [hold("OPERATOR")])
    assert stock.promised_to(placement.order_id) == {"1": {"W001": 1000}}
    released = (await cli.ReleaseHold(releasing())).order
    assert (released.state, len(released.allocations)) == (state("CONFIRMED"), 1)
    assert stock.asked == 1


async def test_holding_twice_changes_nothing(orders, cli):
    await orders.PlaceOrder(placing())
    request = holding(request_id="r1")
    first = await cli.HoldOrder(request)
    assert await cli.HoldOrder(request) == first
    assert (await cli.HoldOrder(holding(reason="again"))).order == first.order


async def test_a_request_id_used_for_another_hold_is_refused(orders, cli):
    await orders.PlaceOrder(placing())
    await cli.HoldOrder(holding(request_id="r1"))
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await cli.HoldOrder(holding(request_id="r1", reason="another"))


async def test_an_order_held_already_is_held_for_one_reason_more(orders, cli):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    held = (await cli.HoldOrder(holding())).order
    assert list(held.hold_reasons) == [hold("PAYMENT_PENDING"), hold("OPERATOR")]


@pytest.mark.parametrize(
    ("order", "corrections"),
    [
        (an_order(a_line(sku="")), {"line_1": "MILK"}),
        (an_order(total=usd("3.00")), {}),
        (an_order(paid=False), {}),
        (an_order(a_line(price="0")), {}),
    ],
)
async def test_a_person_ends_a_hold_and_the_goods_are_promised(orders, cli, stock, order, corrections):
    placement = (await orders.PlaceOrder(placing(order))).placement
    released = (await cli.ReleaseHold(releasing(**corrections))).order
    assert (released.state, list(released.hold_reasons)) == (state("CONFIRMED"), [])
    assert stock.promised_to(placement.order_id) == {"1": {"W001": 1000}}


async def test_a_lack_that_remains_keeps_the_order_held(orders, cli, catalogue):
    await orders.PlaceOrder(placing(an_order(a_line(sku="NEW"), paid=False)))
    held = (await cli.ReleaseHold(releasing())).order
    assert (held.state, list(held.hold_reasons)) == (state("HELD"), [hold("UNKNOWN_PRODUCT")])
    catalogue.known["NEW"] = catalogue.known["MILK"]
    assert (await cli.ReleaseHold(releasing())).order.state == state("BACKORDERED")


async def test_the_release_repeated_gets_the_first_answer(orders, cli, stock):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    request = releasing(request_id="r1")
    first = await cli.ReleaseHold(request)
    assert first.order.state == state("CONFIRMED")
    assert await cli.ReleaseHold(request) == first
    assert stock.asked == 1


async def test_a_request_id_used_for_another_release_is_refused(orders, cli):
    await orders.PlaceOrder(placing(an_order(a_line(sku=""))))
    await cli.ReleaseHold(releasing(request_id="r1", line_1="MILK"))
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await cli.ReleaseHold(releasing(request_id="r1", line_1="BREAD"))


async def test_a_correction_of_a_line_the_order_does_not_have_is_refused(orders, cli):
    await orders.PlaceOrder(placing(an_order(a_line(sku=""))))
    with refused("ERROR_REASON_LINE_UNKNOWN"):
        await cli.ReleaseHold(releasing(line_7="MILK"))


async def test_an_order_that_is_not_held_cannot_be_released(orders, cli):
    await orders.PlaceOrder(placing())
    with refused("ERROR_REASON_STATE_FORBIDS") as seen:
        await cli.ReleaseHold(releasing())
    assert seen.metadata == {"state": "ORDER_STATE_CONFIRMED", "command": "release"}


@pytest.mark.parametrize("what", ["shipped", "cancelled"])
async def test_an_order_that_is_on_its_way_or_called_off_cannot_be_held(orders, cli, what):
    await orders.PlaceOrder(placing(an_order(a_line(count=2))))
    if what == "shipped":
        await orders.RecordShipment(shipping(shipment=a_shipment(("1", 1))))
    else:
        await orders.CancelOrder(cancelling())
    with refused("ERROR_REASON_STATE_FORBIDS"):
        await cli.HoldOrder(holding())


async def test_a_release_while_inventory_is_away_leaves_the_order_waiting_for_stock(orders, cli, stock):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    stock.away = True
    assert (await cli.ReleaseHold(releasing())).order.state == state("BACKORDERED")


async def test_a_release_whose_goods_inventory_refuses_holds_the_order_again(orders, cli, stock):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    stock.refusals["MILK"] = Refusal("another unit")
    held = (await cli.ReleaseHold(releasing())).order
    assert list(held.hold_reasons) == [hold("STOCK_REFUSED")]


async def test_a_release_without_master_data_changes_nothing(orders, cli, catalogue):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    catalogue.away = True
    with refused("ERROR_REASON_DEPENDENCY_UNAVAILABLE"):
        await cli.ReleaseHold(releasing())


@pytest.mark.parametrize("call", ["HoldOrder", "ReleaseHold"])
async def test_an_unknown_order_is_neither_held_nor_released(cli, call):
    request = {"HoldOrder": holding, "ReleaseHold": releasing}[call]()
    with refused("ERROR_REASON_ORDER_UNKNOWN"):
        await getattr(cli, call)(request)


async def test_a_correction_without_a_product_breaks_the_contract(cli):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await cli.ReleaseHold(releasing(line_1=""))
    assert seen.field == "corrections[0].sku"


@pytest.mark.parametrize("call", ["HoldOrder", "ReleaseHold"])
async def test_only_people_hold_and_release(orders, call):
    request = {"HoldOrder": holding, "ReleaseHold": releasing}[call]()
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await getattr(orders, call)(request)

import grpc
import pytest

from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.type.v1.address_pb2 import Contact
from tests.builders.order_requests import a_line, an_order, holding, named, placing, updating
from tests.builders.refused import refused
from tests.contract.order.conftest import hold, state


async def test_a_payment_ends_the_wait_for_it_and_the_goods_are_promised(orders, stock):
    placement = (await orders.PlaceOrder(placing(an_order(paid=False)))).placement
    order = (await orders.UpdateOrder(updating(paid=True))).order
    assert (order.state, list(order.hold_reasons), order.details.paid) == (state("CONFIRMED"), [], True)
    assert stock.promised_to(placement.order_id) == {"1": {"W001": 1000}}


async def test_a_payment_does_not_end_other_holds(orders, stock):
    await orders.PlaceOrder(placing(an_order(a_line(sku="UNHEARD-OF"), paid=False)))
    order = (await orders.UpdateOrder(updating(paid=True))).order
    assert list(order.hold_reasons) == [hold("UNKNOWN_PRODUCT")]
    assert stock.asked == 0


async def test_the_update_repeated_gets_the_first_answer(orders, stock):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    request = updating(paid=True, request_id="r1")
    first = await orders.UpdateOrder(request)
    assert await orders.UpdateOrder(request) == first
    assert stock.asked == 1


async def test_a_request_id_used_for_another_update_is_refused(orders):
    await orders.PlaceOrder(placing())
    await orders.UpdateOrder(updating(request_id="r1"))
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await orders.UpdateOrder(updating(2, request_id="r1"))


async def test_a_stale_update_is_refused(orders):
    await orders.PlaceOrder(placing())
    await orders.UpdateOrder(updating(2, shipping=Contact(name="New")))
    with refused("ERROR_REASON_STALE_UPDATE") as seen:
        await orders.UpdateOrder(updating(1, shipping=Contact(name="Old")))
    assert seen.code is grpc.StatusCode.ABORTED


async def test_two_updates_of_one_instant_both_count(orders):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    order = (await orders.UpdateOrder(updating(0, paid=True))).order
    assert order.state == state("CONFIRMED")


async def test_an_update_that_tells_nothing_new_changes_nothing(orders):
    await orders.PlaceOrder(placing())
    first = (await orders.UpdateOrder(updating())).order
    assert (await orders.UpdateOrder(updating())).order == first


async def test_a_new_address_replaces_the_old_one(orders):
    await orders.PlaceOrder(placing())
    order = (await orders.UpdateOrder(updating(shipping=Contact(name="Grace Hopper")))).order
    assert order.details.shipping == Contact(name="Grace Hopper")
    assert order.state == state("CONFIRMED")


async def test_a_payment_is_not_taken_back_by_an_update(orders):
    await orders.PlaceOrder(placing())
    assert (await orders.UpdateOrder(updating(paid=False))).order.details.paid


async def test_a_paid_order_that_a_person_holds_stays_held(orders, cli):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    await cli.HoldOrder(holding())
    order = (await orders.UpdateOrder(updating(paid=True))).order
    assert list(order.hold_reasons) == [hold("OPERATOR")]


async def test_an_order_paid_while_inventory_is_away_waits_for_its_stock(orders, stock):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    stock.away = True
    order = (await orders.UpdateOrder(updating(paid=True))).order
    assert (order.state, len(order.shortages)) == (state("BACKORDERED"), 1)


async def test_an_unknown_order_cannot_be_updated(orders):
    with refused("ERROR_REASON_ORDER_UNKNOWN"):
        await orders.UpdateOrder(updating())


async def test_an_update_needs_its_instant(orders):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await orders.UpdateOrder(updating(channel_version=None))
    assert seen.field == "channel_version"


@pytest.mark.parametrize("workload", ["cli", "pos_gateway"])
async def test_only_the_gateway_of_storefronts_updates(grpc_create_channel, grpc_stub_cls, workload):
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await grpc_stub_cls(grpc_create_channel(workload)).UpdateOrder(pb.UpdateOrderRequest(order=named()))

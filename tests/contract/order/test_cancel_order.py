import pytest

from retailmesh.order.v1 import order_service_pb2 as pb
from tests.builders.order_requests import (
    TILL,
    a_line,
    a_sale,
    a_shipment,
    an_order,
    cancelling,
    named,
    placing,
    shipping,
)
from tests.builders.refused import refused
from tests.contract.order.conftest import state


async def test_a_cancelled_order_gives_its_goods_back(orders, stock):
    placement = (await orders.PlaceOrder(placing(an_order(a_line(count=20))))).placement
    order = (await orders.CancelOrder(cancelling())).order
    assert (order.state, len(order.allocations), len(order.shortages)) == (state("CANCELLED"), 0, 0)
    assert stock.promised_to(placement.order_id) == {}


async def test_cancelling_twice_is_the_same_wish(orders, stock):
    await orders.PlaceOrder(placing())
    request = cancelling(request_id="r1")
    first = await orders.CancelOrder(request)
    assert await orders.CancelOrder(request) == first
    assert (await orders.CancelOrder(cancelling(reason="again"))).order == first.order
    assert len(stock.released) == 1


async def test_a_request_id_used_for_another_order_is_refused(orders):
    await orders.PlaceOrder(placing(an_order(number="1")))
    await orders.PlaceOrder(placing(an_order(number="2")))
    await orders.CancelOrder(cancelling(named("1"), "r1"))
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await orders.CancelOrder(cancelling(named("2"), "r1"))


@pytest.mark.parametrize(("sent", "name"), [(2, "COMPLETED"), (1, "PARTIALLY_SHIPPED")])
async def test_cancelling_a_shipped_order_is_refused(orders, sent, name):
    await orders.PlaceOrder(placing(an_order(a_line(count=2))))
    await orders.RecordShipment(shipping(shipment=a_shipment(("1", sent))))
    with refused("ERROR_REASON_STATE_FORBIDS") as seen:
        await orders.CancelOrder(cancelling())
    assert seen.metadata == {"state": f"ORDER_STATE_{name}", "command": "cancel"}


async def test_a_held_order_can_be_cancelled(orders):
    await orders.PlaceOrder(placing(an_order(paid=False)))
    order = (await orders.CancelOrder(cancelling())).order
    assert (order.state, list(order.hold_reasons)) == (state("CANCELLED"), [])


async def test_cancelling_a_refused_order_changes_nothing(orders):
    await orders.PlaceOrder(placing(an_order(test=True)))
    order = (await orders.CancelOrder(cancelling())).order
    assert (order.state, order.version) == (state("REFUSED"), 1)


@pytest.mark.parametrize("sku", ["MILK", "UNHEARD-OF"])
async def test_a_sale_at_a_till_cannot_be_called_off(cli, sku):
    await cli.PlaceOrder(placing(a_sale(a_line(sku=sku), number="1")))
    with refused("ERROR_REASON_STATE_FORBIDS"):
        await cli.CancelOrder(cancelling(named("1", TILL)))


async def test_an_unknown_order_cannot_be_cancelled(orders):
    with refused("ERROR_REASON_ORDER_UNKNOWN"):
        await orders.CancelOrder(cancelling())


async def test_an_order_is_cancelled_while_inventory_is_away(orders, stock):
    await orders.PlaceOrder(placing())
    stock.away = True
    assert (await orders.CancelOrder(cancelling())).order.state == state("CANCELLED")
    assert stock.released == []


async def test_a_reference_without_a_name_breaks_the_contract(orders):
    request = cancelling()
    request.order.Clear()
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await orders.CancelOrder(request)
    assert seen.field.startswith("order")


async def test_tills_may_not_cancel(grpc_create_channel, grpc_stub_cls):
    with refused("ERROR_REASON_CALLER_NOT_ALLOWED"):
        await grpc_stub_cls(grpc_create_channel("pos_gateway")).CancelOrder(pb.CancelOrderRequest())

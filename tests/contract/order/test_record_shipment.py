import grpc
import pytest

from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import LineQuantity
from retailmesh.type.v1.quantity_pb2 import UNIT_KILOGRAM, Quantity
from tests.builders.order_requests import (
    TILL,
    a_line,
    a_sale,
    a_shipment,
    an_order,
    cancelling,
    named,
    placing,
    postage,
    shipping,
)
from tests.builders.refused import refused
from tests.contract.order.conftest import state


async def ship(stub, *lines, **given):
    return (await stub.RecordShipment(shipping(shipment=a_shipment(*lines, **given)))).order


def sent(stock):
    return [(it.location_id, [(one.line_id, one.milli) for one in it.goods]) for it in stock.issued]


async def test_all_goods_sent_complete_the_order_and_leave_where_they_were_promised(orders, stock):
    await orders.PlaceOrder(placing(an_order(a_line(count=12), a_line("2", "BREAD"), postage())))
    order = await ship(orders, ("1", 12), ("2", 1))
    assert order.state == state("COMPLETED")
    assert sorted(sent(stock)) == [("S001", [("1", 2000)]), ("W001", [("1", 10_000), ("2", 1000)])]
    assert stock.promised_to(order.order_id) == {}


async def test_some_goods_sent_leave_the_order_partially_shipped(orders, stock):
    await orders.PlaceOrder(placing(an_order(a_line(count=3), a_line("2", "BREAD"))))
    order = await ship(orders, ("1", 2))
    assert order.state == state("PARTIALLY_SHIPPED")
    assert [(it.line_id, it.quantity.milli) for it in order.allocations] == [("1", 1000), ("2", 1000)]
    assert (await ship(orders, ("1", 1), ("2", 1), shipment_id="F2")).state == state("COMPLETED")
    assert stock.promised_to(order.order_id) == {}


async def test_goods_may_leave_from_elsewhere(orders, stock):
    await orders.PlaceOrder(placing(an_order(a_line(count=3))))
    order = await ship(orders, ("1", 1), location_id="S002")
    assert [(it.location_id, it.quantity.milli) for it in order.allocations] == [("W001", 2000)]
    assert sent(stock) == [("S002", [("1", 1000)])]
    assert stock.promised_to(order.order_id) == {"1": {"W001": 2000}}


async def test_goods_that_nobody_promised_leave_from_where_the_rest_of_the_order_is(orders, stock):
    stock.free["MILK"] = {"W001": 1000}
    await orders.PlaceOrder(placing(an_order(a_line(count=2))))
    assert (await ship(orders, ("1", 2))).state == state("COMPLETED")
    assert sent(stock) == [("W001", [("1", 2000)])]


async def test_goods_that_nobody_promised_cannot_leave_from_nowhere(orders, stock):
    stock.free.clear()
    await orders.PlaceOrder(placing())
    with refused("ERROR_REASON_LOCATION_MISSING"):
        await ship(orders)
    assert (await ship(orders, location_id="S001")).state == state("COMPLETED")


async def test_a_shipment_repeated_under_any_request_changes_nothing(orders, stock):
    await orders.PlaceOrder(placing(an_order(a_line(count=2))))
    request = shipping(request_id="r1")
    first = await orders.RecordShipment(request)
    assert await orders.RecordShipment(request) == first
    assert (await orders.RecordShipment(shipping())).order == first.order
    assert len(stock.issued) == 1


async def test_a_shipment_with_the_id_of_another_is_refused(orders):
    await orders.PlaceOrder(placing(an_order(a_line(count=3))))
    await ship(orders, ("1", 1))
    with refused("ERROR_REASON_DOCUMENT_DIFFERS") as seen:
        await ship(orders, ("1", 2))
    assert (seen.code, seen.metadata) == (grpc.StatusCode.ALREADY_EXISTS, {"id": "F1"})


async def test_a_request_id_used_for_another_shipment_is_refused(orders):
    await orders.PlaceOrder(placing(an_order(a_line(count=3))))
    await orders.RecordShipment(shipping(request_id="r1"))
    with refused("ERROR_REASON_REQUEST_ID_REUSED"):
        await orders.RecordShipment(shipping(shipment=a_shipment(shipment_id="F2"), request_id="r1"))


async def test_more_than_was_bought_cannot_be_sent(orders):
    await orders.PlaceOrder(placing(an_order(a_line(count=2))))
    with refused("ERROR_REASON_QUANTITY_EXCEEDED") as seen:
        await ship(orders, ("1", 3))
    assert (seen.field, seen.metadata) == ("shipment.lines[0].quantity", {"line_id": "1"})


async def test_a_line_the_order_does_not_have_cannot_be_sent(orders):
    await orders.PlaceOrder(placing())
    with refused("ERROR_REASON_LINE_UNKNOWN") as seen:
        await ship(orders, ("7", 1))
    assert seen.metadata == {"line_id": "7"}


async def test_a_line_that_stands_twice_in_a_shipment_is_refused(orders):
    await orders.PlaceOrder(placing(an_order(a_line(count=3))))
    with refused("ERROR_REASON_DUPLICATE_LINE"):
        await ship(orders, ("1", 1), ("1", 1))


async def test_another_unit_than_the_lines_is_refused(orders):
    await orders.PlaceOrder(placing())
    line = LineQuantity(line_id="1", quantity=Quantity(milli=1000, unit=UNIT_KILOGRAM))
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await ship(orders, lines=[line])
    assert seen.field == "shipment.lines[0].quantity.unit"


async def test_an_unknown_location_cannot_have_sent(orders):
    await orders.PlaceOrder(placing())
    with refused("ERROR_REASON_LOCATION_UNKNOWN") as seen:
        await ship(orders, location_id="S009")
    assert seen.metadata == {"location_id": "S009"}


async def test_an_unknown_order_may_still_be_under_way(orders):
    with refused("ERROR_REASON_ORDER_UNKNOWN") as seen:
        await ship(orders)
    assert seen.code is grpc.StatusCode.NOT_FOUND
    assert seen.refusal.retry_after_seconds


@pytest.mark.parametrize(
    ("order", "name"),
    [(an_order(paid=False), "HELD"), (an_order(test=True), "REFUSED"), (an_order(), "CANCELLED")],
)
async def test_an_order_that_is_not_to_be_sent_forbids_a_shipment(orders, order, name):
    await orders.PlaceOrder(placing(order))
    if name == "CANCELLED":
        await orders.CancelOrder(cancelling())
    with refused("ERROR_REASON_STATE_FORBIDS") as seen:
        await ship(orders, location_id="S001")
    assert seen.metadata == {"state": f"ORDER_STATE_{name}", "command": "ship"}


async def test_a_sale_at_a_till_is_not_sent(grpc_create_channel, grpc_stub_cls):
    till = grpc_stub_cls(grpc_create_channel("pos_gateway"))
    await till.PlaceOrder(placing(a_sale(a_line("1"), a_line("2", "UNHEARD-OF"), number="1")))
    with refused("ERROR_REASON_STATE_FORBIDS"):
        await till.RecordShipment(shipping(named("1", TILL), a_shipment(("2", 1), location_id="S001")))


async def test_nothing_of_a_completed_sale_at_a_till_is_left_to_send(grpc_create_channel, grpc_stub_cls):
    till = grpc_stub_cls(grpc_create_channel("pos_gateway"))
    await till.PlaceOrder(placing(a_sale(a_line("1"), a_line("2", stocked=False), number="1")))
    with refused("ERROR_REASON_STATE_FORBIDS"):
        await till.RecordShipment(shipping(named("1", TILL), a_shipment(("2", 1), location_id="S001")))


async def test_a_shipment_is_recorded_while_inventory_is_away(orders, cli, stock):
    await orders.PlaceOrder(placing())
    stock.away = True
    order = await ship(orders)
    assert order.state == state("COMPLETED")
    assert stock.issued == []
    assert (await cli.GetOrder(pb.GetOrderRequest(order=named()))).order == order


@pytest.mark.parametrize(
    ("field", "shipment"),
    [
        ("shipment.shipment_id", a_shipment(shipment_id="")),
        ("shipment.lines", a_shipment(lines=[])),
        ("shipment.lines[0].quantity", a_shipment(("1", 0))),
        ("shipment.shipped_at", a_shipment(shipped_at=None)),
    ],
)
async def test_a_field_that_breaks_its_rule_is_named(orders, field, shipment):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await orders.RecordShipment(shipping(shipment=shipment))
    assert seen.field == field

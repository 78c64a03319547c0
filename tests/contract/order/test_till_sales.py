import pytest

from libs.refusals import Refusal
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.type.v1.quantity_pb2 import UNIT_KILOGRAM, Quantity
from tests.builders.order_requests import TILL, a_line, a_sale, named, placing, postage, releasing, usd
from tests.builders.refused import refused
from tests.contract.order.conftest import hold, state

SALE = named("S001/1/77/2026-06-01", TILL)


@pytest.fixture
def till(grpc_create_channel, grpc_stub_cls):
    return grpc_stub_cls(grpc_create_channel("pos_gateway"))


async def sell(stub, sale=None, request_id=""):
    return (await stub.PlaceOrder(placing(sale or a_sale(), request_id))).placement


async def get(stub):
    return (await stub.GetOrder(pb.GetOrderRequest(order=SALE))).order


def taken(stock):
    return [(it.location_id, it.is_sale, [(one.sku, one.milli) for one in it.goods]) for it in stock.issued]


async def test_a_sale_is_completed_at_once_and_its_goods_leave_the_store(till, stock):
    placement = await sell(till, a_sale(a_line(count=2), postage()))
    assert placement.state == state("COMPLETED")
    assert taken(stock) == [("S001", True, [("MILK", 2000)])]


async def test_a_sale_is_a_fact_whatever_the_ledger_knew(till, stock):
    stock.free.clear()
    assert (await sell(till, a_sale(a_line(count=99)))).state == state("COMPLETED")


async def test_weighed_goods_are_sold_by_the_gram(till, stock):
    line = a_line(sku="CHEESE", quantity=Quantity(milli=420, unit=UNIT_KILOGRAM), total=usd("1.05"))
    assert (await sell(till, a_sale(line))).state == state("COMPLETED")
    assert taken(stock) == [("S001", True, [("CHEESE", 420)])]


async def test_a_sale_repeated_takes_the_goods_once(till, stock):
    await sell(till, request_id="r1")
    assert (await sell(till, request_id="r2")).repeated_order
    assert len(stock.issued) == 1


async def test_a_sale_whose_answer_was_lost_takes_the_goods_once(till, stock):
    stock.lose_answers = True
    with refused("ERROR_REASON_DEPENDENCY_UNAVAILABLE"):
        await sell(till)
    stock.lose_answers = False
    assert (await sell(till)).state == state("COMPLETED")
    assert len(stock.issued) == 1


async def test_a_sale_with_an_unknown_product_is_held_and_its_known_goods_leave(till, stock):
    placement = await sell(till, a_sale(a_line(), a_line("2", "UNHEARD-OF")))
    assert (placement.state, list(placement.hold_reasons)) == (state("HELD"), [hold("UNKNOWN_PRODUCT")])
    assert taken(stock) == [("S001", True, [("MILK", 1000)])]


async def test_goods_of_an_unknown_product_leave_when_a_person_says_what_they_were(till, cli, stock):
    await sell(till, a_sale(a_line(), a_line("2", "UNHEARD-OF")))
    released = (await cli.ReleaseHold(releasing(SALE, line_2="BREAD"))).order
    assert released.state == state("COMPLETED")
    assert released.details.lines[1].sku == "BREAD"
    assert taken(stock)[1:] == [("S001", True, [("BREAD", 1000)])]


async def test_goods_leave_once_however_often_the_release_is_repeated(till, cli, stock):
    await sell(till, a_sale(a_line(), a_line("2", "UNHEARD-OF")))
    first = await cli.ReleaseHold(releasing(SALE, "r1", line_2="BREAD"))
    assert await cli.ReleaseHold(releasing(SALE, "r1", line_2="BREAD")) == first
    assert len(stock.issued) == 2


async def test_a_sale_at_an_unknown_location_takes_its_goods_when_the_location_is_known(
    till, cli, stock, catalogue
):
    placement = await sell(till, a_sale(location_id="S009"))
    assert list(placement.hold_reasons) == [hold("UNKNOWN_LOCATION")]
    assert stock.issued == []
    still = (await cli.ReleaseHold(releasing(SALE))).order
    assert list(still.hold_reasons) == [hold("UNKNOWN_LOCATION")]
    catalogue.places.add("S009")
    assert (await cli.ReleaseHold(releasing(SALE))).order.state == state("COMPLETED")
    assert taken(stock) == [("S009", True, [("MILK", 1000)])]


async def test_a_sale_that_does_not_add_up_is_held_though_its_goods_left(till, cli, stock):
    placement = await sell(till, a_sale(total=usd("3.00")))
    assert list(placement.hold_reasons) == [hold("TOTALS_MISMATCH")]
    assert len(stock.issued) == 1
    assert (await cli.ReleaseHold(releasing(SALE))).order.state == state("COMPLETED")
    assert len(stock.issued) == 1


async def test_goods_that_inventory_does_not_move_hold_the_sale(till, cli, stock):
    stock.refusals["MILK"] = Refusal("another unit")
    placement = await sell(till)
    assert list(placement.hold_reasons) == [hold("STOCK_REFUSED")]
    stock.refusals.clear()
    assert (await cli.ReleaseHold(releasing(SALE))).order.state == state("COMPLETED")
    assert len(stock.issued) == 1


async def test_a_sale_needs_no_word_of_its_payment(till):
    assert (await sell(till, a_sale(paid=False, tenders=[]))).state == state("COMPLETED")

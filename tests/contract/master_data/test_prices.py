from datetime import timedelta

import grpc
import pytest

from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from tests.builders.master_data import NEW_YEAR, a_price, a_product
from tests.builders.master_data_upserts import PRICES, PRODUCTS
from tests.builders.refused import refused
from tests.contract.master_data.conftest import NOW

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def _products(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A"), a_product("B"))


async def amounts(stub, *skus, at=None, price_list="store"):
    answer = await stub.BatchGetPrices(pb.BatchGetPricesRequest(skus=skus, price_list=price_list, at=at))
    return [(price.sku, price.amount.units, price.amount.nanos) for price in answer.prices]


async def test_the_price_that_began_last_holds(grpc_stub):
    await PRICES.send(
        grpc_stub,
        a_price("A", "1.29", NEW_YEAR),
        a_price("A", "1.49", NEW_YEAR + 30 * DAY),
        a_price("A", "9.99", NOW + DAY),
    )
    assert await amounts(grpc_stub, "A") == [("A", 1, 490_000_000)]
    assert await amounts(grpc_stub, "A", at=NEW_YEAR) == [("A", 1, 290_000_000)]
    assert await amounts(grpc_stub, "A", at=NOW + DAY) == [("A", 9, 990_000_000)]


async def test_before_its_first_price_a_product_has_none(grpc_stub):
    await PRICES.send(grpc_stub, a_price("A"))
    assert await amounts(grpc_stub, "A", at=NEW_YEAR - timedelta(microseconds=1)) == []


async def test_prices_come_in_the_order_asked_and_unpriced_skus_apart(grpc_stub):
    await PRICES.send(grpc_stub, a_price("A"), a_price("B"))
    request = pb.BatchGetPricesRequest(skus=["X", "B", "A", "B"], price_list="store")
    answer = await grpc_stub.BatchGetPrices(request)
    assert [price.sku for price in answer.prices] == ["B", "A"]
    assert answer.unpriced_skus == ["X"]


async def test_price_lists_are_apart(grpc_stub):
    await PRICES.send(grpc_stub, a_price("A", "1.29"), a_price("A", "1.19", price_list="web"))
    assert await amounts(grpc_stub, "A", price_list="web") == [("A", 1, 190_000_000)]
    assert await amounts(grpc_stub, "A", price_list="other") == []


async def test_a_price_is_exact_to_the_micro(grpc_stub):
    await PRICES.send(grpc_stub, a_price("A", "0.001234"))
    assert await amounts(grpc_stub, "A") == [("A", 0, 1_234_000)]


async def test_a_price_of_nothing_is_a_price(grpc_stub):
    await PRICES.send(grpc_stub, a_price("A", "0.00"))
    assert await amounts(grpc_stub, "A") == [("A", 0, 0)]


async def test_prices_of_an_unknown_product_are_refused_all_together(grpc_stub):
    with refused("ERROR_REASON_PRODUCT_UNKNOWN") as seen:
        await PRICES.send(grpc_stub, a_price("A"), a_price("X"), a_price("Y"))
    assert (seen.code, seen.metadata) == (grpc.StatusCode.FAILED_PRECONDITION, {"sku": "X"})
    assert await amounts(grpc_stub, "A") == []


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("prices[0].amount", {"units": -1}),
        ("prices[0].amount", {"nanos": 1}),
        ("prices[0].amount", {"units": 1, "nanos": -1000}),
        ("prices[0].amount", {"units": 2_000_000_000}),
        ("prices[0].amount", {"currency_code": "euro"}),
        ("prices[0].amount", {"currency_code": ""}),
    ],
)
async def test_an_amount_that_is_no_price_is_invalid(grpc_stub, field, change):
    price = a_price("A")
    for name, value in change.items():
        setattr(price.amount, name, value)
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await PRICES.send(grpc_stub, price)
    assert seen.field == field


@pytest.mark.parametrize("field", ["sku", "price_list", "amount", "valid_from"])
async def test_a_price_without_one_of_its_parts_is_invalid(grpc_stub, field):
    price = a_price("A")
    price.ClearField(field)
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await PRICES.send(grpc_stub, price)
    assert seen.field == f"prices[0].{field}"


@pytest.mark.parametrize(("skus", "price_list"), [([], "store"), (["A"], ""), (["A"] * 1001, "store")])
async def test_prices_are_asked_for_by_products_and_list(grpc_stub, skus, price_list):
    with refused("ERROR_REASON_INVALID_FIELD"):
        await amounts(grpc_stub, *skus, price_list=price_list)

import grpc
import pytest

from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1.product_pb2 import ProductIdentifier
from tests.builders.master_data import a_product, gtin, plu, sku_name
from tests.builders.master_data_upserts import PRODUCTS
from tests.builders.refused import refused
from tests.contract.master_data.conftest import NOW


async def get(stub, *skus):
    return await stub.BatchGetProducts(pb.BatchGetProductsRequest(skus=skus))


async def test_a_product_is_read_as_it_was_written(grpc_stub):
    written = a_product("A", gtin("04006381333931"), plu("41"), brand="Alpine", tax_class="reduced")
    await PRODUCTS.send(grpc_stub, written)
    (read,) = (await get(grpc_stub, "A")).products
    assert (read.version, read.changed_at.ToDatetime(tzinfo=NOW.tzinfo)) == (1, NOW)
    read.ClearField("version")
    read.ClearField("changed_at")
    assert read == written


async def test_each_change_counts_the_version_and_what_is_sent_for_it_is_ignored(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A", version=77))
    await PRODUCTS.send(grpc_stub, a_product("A", title="New", version=77))
    assert [product.version for product in (await get(grpc_stub, "A")).products] == [2]


async def test_products_come_once_each_in_the_order_asked_and_unknown_skus_apart(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A"), a_product("B"))
    answer = await get(grpc_stub, "B", "X", "A", "B", "X")
    assert [product.sku for product in answer.products] == ["B", "A"]
    assert answer.unknown_skus == ["X"]


async def test_another_spelling_of_an_identifier_is_taken_over_as_written(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A", gtin("0401")))
    await PRODUCTS.send(grpc_stub, a_product("A", gtin("401")))
    (read,) = (await get(grpc_stub, "A")).products
    assert list(read.identifiers) == [gtin("401")]


async def test_an_identifier_of_another_product_is_refused_and_its_holder_named(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A", gtin("4006381333931")))
    with refused("ERROR_REASON_IDENTIFIER_TAKEN") as seen:
        await PRODUCTS.send(grpc_stub, a_product("C"), a_product("B", gtin("04006381333931")))
    assert seen.code is grpc.StatusCode.ALREADY_EXISTS
    assert seen.metadata == {"scheme": "gtin", "identifier": "04006381333931", "sku": "B", "holder": "A"}
    assert (await get(grpc_stub, "B", "C")).unknown_skus == ["B", "C"]


async def test_two_products_of_a_batch_cannot_have_one_identifier(grpc_stub):
    with refused("ERROR_REASON_IDENTIFIER_TAKEN"):
        await PRODUCTS.send(grpc_stub, a_product("A", plu("41")), a_product("B", plu("41")))


async def test_a_batch_can_move_an_identifier_from_one_product_to_another(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A", plu("41")))
    await PRODUCTS.send(grpc_stub, a_product("B", plu("41")), a_product("A"))
    assert [len(product.identifiers) for product in (await get(grpc_stub, "A", "B")).products] == [0, 1]


@pytest.mark.parametrize("identifier", [gtin("40063813339AB"), gtin("000"), plu("  "), sku_name("OTHER")])
async def test_a_malformed_identifier_is_refused(grpc_stub, identifier):
    with refused("ERROR_REASON_IDENTIFIER_MALFORMED") as seen:
        await PRODUCTS.send(grpc_stub, a_product("A", identifier))
    assert seen.code is grpc.StatusCode.INVALID_ARGUMENT
    assert (seen.metadata["identifier"], seen.metadata["sku"]) == (identifier.value, "A")


@pytest.mark.parametrize(
    ("field", "product"),
    [
        ("products[0].sku", a_product("")),
        ("products[0].sku", a_product("x" * 65)),
        ("products[0].sku", a_product(" A")),
        ("products[0].title", a_product(title="")),
        ("products[0].unit", a_product(unit=0)),
        ("products[0].unit", a_product(unit=99)),
        ("products[0].identifiers[0].scheme", a_product("A", ProductIdentifier(value="1"))),
        ("products[0].identifiers[0].value", a_product("A", plu(""))),
        ("products[0].identifiers", a_product("A", *(plu(str(number)) for number in range(65)))),
    ],
)
async def test_a_product_that_breaks_its_contract_is_invalid(grpc_stub, field, product):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await PRODUCTS.send(grpc_stub, product)
    assert seen.field == field


@pytest.mark.parametrize("skus", [[], [""], ["A"] * 1001])
async def test_one_to_a_thousand_named_products_can_be_asked_for(grpc_stub, skus):
    with refused("ERROR_REASON_INVALID_FIELD"):
        await get(grpc_stub, *skus)


async def test_every_workload_may_read_products(grpc_create_channel, grpc_stub_cls):
    answer = await get(grpc_stub_cls(grpc_create_channel("stranger")), "A")
    assert answer.unknown_skus == ["A"]

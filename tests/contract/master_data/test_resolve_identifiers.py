import pytest

from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1.product_pb2 import (
    IDENTIFIER_SCHEME_ERP_ITEM,
    IDENTIFIER_SCHEME_SHOPIFY_VARIANT,
    ProductIdentifier,
)
from tests.builders.master_data import a_product, gtin, plu, sku_name
from tests.builders.master_data_upserts import PRODUCTS
from tests.builders.refused import refused


async def resolve(stub, *identifiers):
    answer = await stub.ResolveIdentifiers(pb.ResolveIdentifiersRequest(identifiers=identifiers))
    assert [one.identifier for one in answer.resolved] == list(identifiers)
    return [one.sku for one in answer.resolved]


async def test_identifiers_of_any_scheme_resolve_in_the_order_asked(grpc_stub):
    variant = ProductIdentifier(scheme=IDENTIFIER_SCHEME_SHOPIFY_VARIANT, value="39072856")
    item = ProductIdentifier(scheme=IDENTIFIER_SCHEME_ERP_ITEM, value="1000")
    await PRODUCTS.send(
        grpc_stub, a_product("A", gtin("4006381333931"), item), a_product("B", variant, plu("41"))
    )
    asked = [variant, gtin("04006381333931"), plu("41"), item, sku_name("B"), plu("41")]
    assert await resolve(grpc_stub, *asked) == ["B", "A", "B", "A", "B", "B"]


async def test_the_same_value_in_another_scheme_is_another_name(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A", gtin("41")), a_product("B", plu("41")))
    assert await resolve(grpc_stub, gtin("41"), plu("41"), sku_name("41")) == ["A", "B", ""]


async def test_what_is_unknown_or_malformed_is_said_to_be_unknown_beside_what_is_known(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A", plu("41")))
    asked = [gtin("not a number"), plu("41"), plu(" "), plu("42"), gtin("0")]
    assert await resolve(grpc_stub, *asked) == ["", "A", "", "", ""]


async def test_a_name_that_was_given_up_resolves_no_more(grpc_stub):
    await PRODUCTS.send(grpc_stub, a_product("A", plu("41")))
    await PRODUCTS.send(grpc_stub, a_product("A"))
    assert await resolve(grpc_stub, plu("41"), sku_name("A")) == ["", "A"]


@pytest.mark.parametrize(
    "identifiers", [[], [plu("")], [ProductIdentifier(value="41")], [plu("41")] * 1001, [plu("x" * 65)]]
)
async def test_one_to_a_thousand_identifiers_with_scheme_and_value_can_be_asked_for(grpc_stub, identifiers):
    with refused("ERROR_REASON_INVALID_FIELD"):
        await resolve(grpc_stub, *identifiers)


async def test_every_workload_may_resolve(grpc_create_channel, grpc_stub_cls):
    assert await resolve(grpc_stub_cls(grpc_create_channel("stranger")), plu("41")) == [""]

from datetime import UTC, datetime

import grpc
import pytest

from libs.money import Money
from libs.protos import timestamp_to_proto
from retailmesh.channel.v1.channel_service_pb2 import ListStorefrontOrdersRequest
from retailmesh.type.v1.page_pb2 import PageRequest
from services.channel_gateway.domain.storefront import OrderFigures
from tests.builders.refused import refused

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)


def figures(number):
    return OrderFigures(
        channel="shopify:demo",
        channel_order_id=number,
        total=Money.parse("31.50", "USD"),
        refunded=Money.parse("0.05", "USD"),
        cancelled=number == "2",
        created_at=NOON,
    )


async def test_the_storefronts_own_orders_are_read_page_by_page(grpc_stub, storefront):
    storefront.pages = {"": ([figures("1"), figures("2")], "c2"), "c2": ([figures("3")], "")}
    asked = ListStorefrontOrdersRequest(created_from=timestamp_to_proto(NOON), page=PageRequest(page_size=2))
    first = await grpc_stub.ListStorefrontOrders(asked)
    asked.page.page_token = first.page.next_page_token
    second = await grpc_stub.ListStorefrontOrders(asked)
    assert [one.channel_order_id for one in (*first.orders, *second.orders)] == ["1", "2", "3"]
    assert second.page.next_page_token == ""
    assert storefront.asked == [(NOON, None, 2, ""), (NOON, None, 2, "c2")]


async def test_an_order_is_told_with_its_money(grpc_stub, storefront):
    storefront.pages = {"": ([figures("2")], "")}
    (order,) = (await grpc_stub.ListStorefrontOrders(ListStorefrontOrdersRequest())).orders
    assert (order.total.units, order.total.nanos, order.total.currency_code) == (31, 500_000_000, "USD")
    assert (order.refunded.nanos, order.cancelled, order.channel) == (50_000_000, True, "shopify:demo")


async def test_a_storefront_that_is_away_is_said_to_be(grpc_stub):
    with refused("ERROR_REASON_OUTSIDE_UNREACHABLE") as seen:
        await grpc_stub.ListStorefrontOrders(ListStorefrontOrdersRequest())
    assert seen.code is grpc.StatusCode.UNAVAILABLE


async def test_a_token_belongs_to_its_filter(grpc_stub, storefront):
    storefront.pages = {"": ([figures("1")], "c2")}
    answer = await grpc_stub.ListStorefrontOrders(ListStorefrontOrdersRequest())
    with refused("ERROR_REASON_PAGE_TOKEN_INVALID"):
        await grpc_stub.ListStorefrontOrders(
            ListStorefrontOrdersRequest(
                created_from=timestamp_to_proto(NOON),
                page=PageRequest(page_token=answer.page.next_page_token),
            )
        )


@pytest.mark.parametrize("size", [-1, 1001])
async def test_a_page_of_an_impossible_size_is_refused(grpc_stub, size):
    with refused("ERROR_REASON_INVALID_FIELD") as seen:
        await grpc_stub.ListStorefrontOrders(ListStorefrontOrdersRequest(page=PageRequest(page_size=size)))
    assert seen.field == "page.page_size"

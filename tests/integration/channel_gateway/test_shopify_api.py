"""The storefront's API, by a stand-in that answers as Shopify documents it."""

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from services.channel_gateway.adapters.shopify_api import ShopifyApi
from services.channel_gateway.application.ports import OutsideUnreachable
from tests.builders.shopify import a_refund, an_order

NOON = datetime(2024, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop():
    """Answers ``shop.pages`` in turn; remembers queries and tokens."""

    class Shop:
        def __init__(self):
            self.pages, self.asked, self.tokens, self.status, self.raw = [], [], [], 200, None

        async def orders(self, request):
            self.asked.append(dict(request.query))
            self.tokens.append(request.headers.get("X-Shopify-Access-Token"))
            if self.raw is not None:
                return web.Response(text=self.raw, status=self.status)
            page = int(request.query.get("page_info", "0"))
            link = f'<{request.url.with_query(limit=2, page_info=page + 1)}>; rel="next"'
            headers = {"Link": link} if page + 1 < len(self.pages) else {}
            return web.json_response({"orders": self.pages[page]}, headers=headers)

    return Shop()


@pytest.fixture
async def api(shop):
    app = web.Application()
    app.add_routes([web.get("/storefront/admin/api/2024-04/orders.json", shop.orders)])
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/storefront"))
        yield ShopifyApi(session, url=url, token="a token", channel="shopify:demo")


async def test_pages_are_followed_by_their_link(api, shop):
    shop.pages = [[an_order(1), an_order(2)], [an_order(3)]]
    first = await api.list_orders(NOON, None, 2, "")
    second = await api.list_orders(NOON, None, 2, first.next_cursor)
    assert [one.channel_order_id for one in (*first.orders, *second.orders)] == ["1", "2", "3"]
    assert second.next_cursor == ""
    assert shop.asked[0]["created_at_min"] == "2024-04-01T12:00:00+00:00"
    assert shop.asked[1] == {"limit": "2", "page_info": "1"}
    assert set(shop.tokens) == {"a token"}


async def test_figures_count_what_was_paid_back(api, shop):
    shop.pages = [[an_order(1, refunds=[a_refund(91), a_refund(92)], cancelled_at="2024-04-02T00:00:00Z")]]
    (figures,) = (await api.list_orders(None, None, 100, "")).orders
    assert (figures.total.text(), figures.refunded.text(), figures.cancelled) == ("31.50", "26.50", True)


async def test_the_end_of_a_period_is_left_out(api, shop):
    shop.pages = [
        [an_order(1, created_at="2024-04-01T12:00:00Z"), an_order(2, created_at="2024-04-01T13:00:00Z")]
    ]
    page = await api.list_orders(None, NOON + timedelta(hours=1), 100, "")
    assert [one.channel_order_id for one in page.orders] == ["1"]


async def test_no_more_orders_are_asked_for_than_the_storefront_gives(api, shop):
    shop.pages = [[]]
    await api.list_orders(None, None, 1000, "")
    assert shop.asked[0]["limit"] == "250"


@pytest.mark.parametrize(
    ("status", "raw"), [(503, "busy"), (401, "{}"), (200, "<html>"), (200, '{"orders": 7}')]
)
async def test_an_answer_that_is_no_list_of_orders_is_an_outage(api, shop, status, raw):
    shop.status, shop.raw = status, raw
    with pytest.raises(OutsideUnreachable):
        await api.list_orders(None, None, 100, "")


async def test_a_storefront_that_nobody_named_is_an_outage():
    async with aiohttp.ClientSession() as session:
        with pytest.raises(OutsideUnreachable):
            await ShopifyApi(session, url="", token="", channel="x").list_orders(None, None, 1, "")

"""The storefront's own orders, by the Admin REST API: ``GET /admin/api/2024-04/orders.json``."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import aiohttp
from pydantic import ValidationError

from libs.money import Money
from services.channel_gateway.adapters import shopify_models as shopify
from services.channel_gateway.adapters.shopify_problems import problems_of
from services.channel_gateway.application.ports import OutsideUnreachable
from services.channel_gateway.domain.storefront import FiguresPage, OrderFigures

ORDERS = "/admin/api/2024-04/orders.json"
MOST_ORDERS = 250
NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
RETRY_SECONDS = 5.0
PAID_BACK = {"refund", ""}
FAILED = {"failure", "error"}


class Listed(shopify.Fields):
    orders: list[shopify.Order]


class ShopifyApi:
    """The `Storefront` port. A page's cursor is Shopify's ``page_info``, which keeps the filter within."""

    def __init__(self, session: aiohttp.ClientSession, *, url: str, token: str, channel: str) -> None:
        self._session = session
        self._url = url.rstrip("/") + ORDERS
        self._headers = {"X-Shopify-Access-Token": token} if token else {}
        self._channel = channel

    async def list_orders(
        self, created_from: datetime | None, created_before: datetime | None, size: int, cursor: str
    ) -> FiguresPage:
        asked = {"limit": str(min(size, MOST_ORDERS))}
        asked |= {"page_info": cursor} if cursor else self._filter(created_from, created_before)
        body, link = await self._get(asked)
        try:
            listed = Listed.model_validate_json(body)
        except ValidationError as error:
            first = problems_of(error)[0]
            raise unreachable(f"answered what cannot be read: {first.field} {first.rule}") from None
        kept = [one for one in listed.orders if created_before is None or one.created_at < created_before]
        # Beyond the first order that is too young there are only younger ones.
        return FiguresPage(
            [self._figures_of(one) for one in kept], link if len(kept) == len(listed.orders) else ""
        )

    def _filter(self, created_from: datetime | None, created_before: datetime | None) -> dict[str, str]:
        asked = {"status": "any", "order": "created_at asc"}
        if created_from is not None:
            asked["created_at_min"] = stamp(created_from)
        if created_before is not None:
            asked["created_at_max"] = stamp(created_before + timedelta(seconds=1))
        return asked

    async def _get(self, asked: dict[str, str]) -> tuple[bytes, str]:
        try:
            async with self._session.get(self._url, params=asked, headers=self._headers) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise unreachable(f"cannot be reached: {type(error).__name__}") from None
        if response.status != 200:
            raise unreachable(f"answered {response.status}")
        return body, next_of(response.headers.get("Link", ""))

    def _figures_of(self, order: shopify.Order) -> OrderFigures:
        refunded = sum(
            one.amount
            for refund in order.refunds
            for one in refund.transactions
            if one.kind in PAID_BACK and one.status not in FAILED
        )
        return OrderFigures(
            channel=self._channel,
            channel_order_id=order.number,
            total=Money(order.currency, order.total_price),
            refunded=Money(order.currency, refunded),
            cancelled=order.cancelled_at is not None,
            created_at=order.created_at,
        )


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def next_of(link: str) -> str:
    """The cursor in a Link header (RFC 8288), empty on the last page."""
    found = NEXT.search(link)
    return parse_qs(urlsplit(found[1]).query).get("page_info", [""])[0] if found else ""


def unreachable(what: str) -> OutsideUnreachable:
    return OutsideUnreachable(f"the storefront {what}", retry_after_seconds=RETRY_SECONDS)

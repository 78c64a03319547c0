"""The storefront face: orders as Shopify's Admin API lists them, with its paging by Link header."""

import base64
import binascii
import json
from dataclasses import asdict, dataclass

from aiohttp import web

from services.sandbox.application.list_orders import STATUSES, OrderFilter, Orders, list_orders
from services.sandbox.domain.refusals import Malformed, Unknown
from services.sandbox.entrypoints.answers import json_object, whole_number

ORDERS = "/storefront/admin/api/2024-04/orders"
START = ("", 0)
PAGE, LARGEST_PAGE = 50, 250
FILTERS = ("status", "created_at_min", "created_at_max", "updated_at_min", "updated_at_max")


@dataclass(frozen=True, slots=True)
class StorefrontFace:
    orders: Orders

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(f"{ORDERS}.json", self.list),
            web.get(f"{ORDERS}/{{id}}.json", self.get),
            web.post("/_control/storefront/orders", self.put),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """``{"orders": [...]}``; ``Link: <…page_info=…>; rel="next"`` while there are more.

        As at Shopify, a page_info brings its filters along, and ``limit`` is the only parameter beside it.
        """
        limit = whole_number(request, "limit", PAGE, LARGEST_PAGE)
        if "page_info" in request.query:
            refuse_filters_beside_page_info(request)
            chosen, after = opened(request.query["page_info"])
        else:
            chosen, after = filter_of(request), START
        page = list_orders(self.orders, chosen, after, limit)
        headers = {}
        if page.next:
            query = {"limit": str(limit), "page_info": sealed(chosen, page.next)}
            headers["Link"] = f'<{request.url.with_query(query)}>; rel="next"'
        return as_json('{"orders":[' + ",".join(page.texts) + "]}", headers)

    async def get(self, request: web.Request) -> web.Response:
        text = self.orders.get(identity(request.match_info["id"]))
        if text is None:
            raise Unknown("no such order", "id")
        return as_json(f'{{"order":{text}}}')

    async def put(self, request: web.Request) -> web.Response:
        """Makes the storefront believe in the ``orders`` of the body, in the Admin API's form."""
        body = await json_object(request)
        rows = body.get("orders")
        if not isinstance(rows, list) or not all(is_order(row) for row in rows):
            raise Malformed("a list of orders with id, created_at and updated_at is needed", "orders")
        for row in rows:
            self.orders.put(row, json.dumps(row))
        return web.json_response({"orders": len(rows)}, status=201)


def is_order(row: object) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("id"), int)
        and all(isinstance(row.get(name), str) for name in ("created_at", "updated_at"))
    )


def refuse_filters_beside_page_info(request: web.Request) -> None:
    if any(name in request.query for name in FILTERS):
        raise Malformed("page_info brings its filters along", "page_info")


def filter_of(request: web.Request) -> OrderFilter:
    chosen = OrderFilter(**{name: request.query[name] for name in FILTERS if name in request.query})
    if chosen.status not in STATUSES:
        raise Malformed(f"one of {', '.join(STATUSES)} is needed", "status")
    return chosen


def sealed(chosen: OrderFilter, after: tuple[str, int]) -> str:
    text = json.dumps({"after": after, **asdict(chosen)})
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def opened(page_info: str) -> tuple[OrderFilter, tuple[str, int]]:
    """Raises `Malformed` for a page_info that was not made here."""
    try:
        fields = json.loads(base64.urlsafe_b64decode(page_info + "=" * (-len(page_info) % 4)))
        created_at, order_id = fields.pop("after")
        return OrderFilter(**fields), (str(created_at), int(order_id))
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError):
        raise Malformed("not a page_info of this shop", "page_info") from None


def identity(text: str) -> int:
    if not text.isdecimal():
        raise Malformed("a number is needed", "id")
    return int(text)


def as_json(text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(text=text, content_type="application/json", headers=headers)

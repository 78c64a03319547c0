"""Webhooks: verified, stored, answered. What they mean is worked out afterwards."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from aiohttp import web

from libs.intake import Reception, RefusedCounter
from libs.intake.http import application, problem, read_body
from libs.telemetry import current_traceparent
from services.channel_gateway.adapters.shopify import channel_of, read, reads
from services.channel_gateway.adapters.shopify_signature import is_signed
from services.channel_gateway.application.receive_webhook import Received, Webhook, receive_webhook

SIGNATURE = "X-Shopify-Hmac-Sha256"
TOPIC = "X-Shopify-Topic"
EVENT_IDS = ("X-Shopify-Event-Id", "X-Shopify-Webhook-Id")
KEPT_HEADERS = (
    "Content-Type",
    "X-Shopify-API-Version",
    "X-Shopify-Event-Id",
    "X-Shopify-Shop-Domain",
    "X-Shopify-Test",
    "X-Shopify-Topic",
    "X-Shopify-Triggered-At",
    "X-Shopify-Webhook-Id",
)
VALUE_LIMIT = 128


class Webhooks:
    """``secrets`` by shop: the current one, and during a rotation the one before."""

    def __init__(
        self,
        reception: Reception,
        refused: RefusedCounter,
        secrets: Mapping[str, Sequence[str]],
        *,
        body_limit: int,
        body_seconds: float,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._reception = reception
        self._refused = refused
        self._secrets = secrets
        self._body_limit = body_limit
        self._body_seconds = body_seconds
        self._now = now
        self._new_id = new_id

    def application(self) -> web.Application:
        routes = [web.post("/webhooks/shopify/{shop}", self.receive)]
        return application(routes, body_limit=self._body_limit)

    async def receive(self, request: web.Request) -> web.Response:
        shop = request.match_info["shop"]
        body = await read_body(request, self._body_limit, self._body_seconds)
        # An unknown shop costs the same and is answered alike, so that nobody learns which shops there are.
        if not is_signed(body, request.headers.get(SIGNATURE, ""), self._secrets.get(shop, ("",))):
            self._refused.add("signature" if shop in self._secrets else "unknown_sender")
            return problem(401)
        webhook = Webhook(
            message_id=self._new_id(),
            sender=shop,
            channel=channel_of(shop),
            topic=request.headers.get(TOPIC, "")[:VALUE_LIMIT],
            event_id=event_id_of(request.headers, body),
            headers={
                name: request.headers[name][:VALUE_LIMIT] for name in KEPT_HEADERS if name in request.headers
            },
            body=body,
            received_at=self._now(),
            traceparent=current_traceparent(),
        )
        return answer_of(await receive_webhook(self._reception, read, reads, webhook))


def event_id_of(headers: Mapping[str, str], body: bytes) -> str:
    """Without an id of its own a message is told by its content."""
    given = (headers.get(name, "")[:VALUE_LIMIT] for name in EVENT_IDS)
    return next((one for one in given if one), "sha256:" + hashlib.sha256(body).hexdigest())


def answer_of(received: Received) -> web.Response:
    """A repeat is always welcome: refusing it would only make the storefront send it again."""
    stored = received.stored
    message_id = str(stored.message_id)
    if stored.repeated:
        return web.json_response({"status": "duplicate", "message_id": message_id})
    if received.problems:
        # A body that is no JSON at all names no field.
        code = 422 if received.problems[0].field else 400
        return problem(code, "the message is in quarantine", received.problems, message_id=message_id)
    status = "received" if received.followed else "ignored"
    return web.json_response({"status": status, "message_id": message_id})

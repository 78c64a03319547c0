"""Webhooks: verified, stored, answered. What they mean is worked out afterwards."""

from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from aiohttp import web

from libs.intake import Reception, RefusedCounter
from libs.intake.http import application, problem, read_body
from libs.telemetry import current_traceparent
from services.channel_gateway.application.ports import Untrusted, Vendor
from services.channel_gateway.application.receive_webhook import Received, Webhook, receive_webhook


class Webhooks:
    """``vendors`` by the word that stands for them in the path."""

    def __init__(
        self,
        reception: Reception,
        refused: RefusedCounter,
        vendors: Mapping[str, Vendor],
        *,
        body_limit: int,
        body_seconds: float,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._reception = reception
        self._refused = refused
        self._vendors = vendors
        self._body_limit = body_limit
        self._body_seconds = body_seconds
        self._now = now
        self._new_id = new_id

    def application(self) -> web.Application:
        return application([web.post("/webhooks/{vendor}/{shop}", self.receive)], body_limit=self._body_limit)

    async def receive(self, request: web.Request) -> web.Response:
        shop = request.match_info["shop"]
        vendor = self._vendors.get(request.match_info["vendor"])
        if vendor is None:
            return problem(404)
        body = await read_body(request, self._body_limit, self._body_seconds)
        try:
            envelope = vendor.open(shop, request.headers, body)
        except Untrusted as error:
            self._refused.add(error.reason)
            return problem(401)
        webhook = Webhook(
            message_id=self._new_id(),
            sender=shop,
            envelope=envelope,
            body=body,
            received_at=self._now(),
            traceparent=current_traceparent(),
        )
        return answer_of(await receive_webhook(self._reception, vendor, webhook))


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

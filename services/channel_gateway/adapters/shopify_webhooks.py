"""Shopify's webhooks as they arrive: who sent them, about what.

Headers: https://shopify.dev/docs/apps/build/webhooks/subscribe/https. Only the body is signed, never a
header, so an event id is no proof of anything: it only tells repeats apart.
"""

import hashlib
from collections.abc import Mapping, Sequence

from services.channel_gateway.adapters.shopify import channel_of, read, reads
from services.channel_gateway.adapters.shopify_signature import is_signed
from services.channel_gateway.application.ports import Envelope, Untrusted
from services.channel_gateway.domain.storefront import Told

SIGNATURE = "X-Shopify-Hmac-Sha256"
TOPIC = "X-Shopify-Topic"
EVENT_IDS = ("X-Shopify-Event-Id", "X-Shopify-Webhook-Id")
KEPT = (
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


class ShopifyWebhooks:
    """The `Vendor` port. ``secrets`` by shop: the current one, and during a rotation the one before."""

    def __init__(self, secrets: Mapping[str, Sequence[str]]) -> None:
        self._secrets = secrets

    def open(self, shop: str, headers: Mapping[str, str], body: bytes) -> Envelope:
        # An unknown shop costs as much and is answered alike: nobody learns which shops there are.
        if not is_signed(body, headers.get(SIGNATURE, ""), self._secrets.get(shop, ("",))):
            raise Untrusted("signature" if shop in self._secrets else "unknown_sender")
        return Envelope(
            channel=channel_of(shop),
            topic=headers.get(TOPIC, "")[:VALUE_LIMIT],
            event_id=event_id_of(headers, body),
            headers={name: headers[name][:VALUE_LIMIT] for name in KEPT if name in headers},
        )

    def reads(self, topic: str) -> bool:
        return reads(topic)

    def read(self, channel: str, topic: str, body: bytes) -> Told:
        return read(channel, topic, body)


def event_id_of(headers: Mapping[str, str], body: bytes) -> str:
    """One event keeps its id through all deliveries. Without any id a message is told by its content."""
    given = (headers.get(name, "")[:VALUE_LIMIT] for name in EVENT_IDS)
    return next((one for one in given if one), "sha256:" + hashlib.sha256(body).hexdigest())

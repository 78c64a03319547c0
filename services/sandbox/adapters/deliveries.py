"""Messages as HTTP requests: bodies in the senders' formats, signed as the senders sign."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from services.sandbox.adapters.entity_bomb import entity_bomb
from services.sandbox.adapters.poslog_file import correction_file, till_file
from services.sandbox.adapters.shopify_order import order_body
from services.sandbox.adapters.shopify_refund import refund_body
from services.sandbox.adapters.shopify_values import dump
from services.sandbox.application.play_day import Delivery
from services.sandbox.domain.messages import Day, Defect, Kind, Message
from services.sandbox.domain.orders import OrderState, Refund
from services.sandbox.domain.people import Person
from services.sandbox.domain.receipts import CorrectionFile, TillFile

API_VERSION = "2024-04"
TOPICS = {
    Kind.ORDER_CREATED: "orders/create",
    Kind.ORDER_UPDATED: "orders/updated",
    Kind.ORDER_CANCELLED: "orders/cancelled",
    Kind.REFUND_CREATED: "refunds/create",
}
FORGED = "a secret that the shop does not have"


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """Where the outside world sends to, and the secrets it signs with."""

    shop: str
    """Domain of the shop; also the last part of the webhook's path."""
    webhooks_url: str
    shopify_secret: str
    tills_url: str
    till_secret: str

    def delivery_of(self, day: Day, message: Message) -> Delivery:
        """The request for a message; equal bytes for a retry of the same delivery."""
        content = message.content
        if isinstance(content, TillFile | CorrectionFile):
            return self._file(message, content, damaged(message, file_bytes(day, message, content)))
        return self._webhook(message, damaged(message, webhook_bytes(day, content, self.shop)))

    def _webhook(self, message: Message, body: bytes) -> Delivery:
        secret = FORGED if message.defect is Defect.BAD_SIGNATURE else self.shopify_secret
        return Delivery(
            method="POST",
            url=f"{self.webhooks_url.rstrip('/')}/webhooks/shopify/{self.shop}",
            headers={
                "Content-Type": "application/json",
                "X-Shopify-Topic": TOPICS[message.kind],
                "X-Shopify-Hmac-Sha256": shopify_signature(secret, body),
                "X-Shopify-Shop-Domain": self.shop,
                "X-Shopify-API-Version": API_VERSION,
                "X-Shopify-Webhook-Id": message.delivery_id,
                "X-Shopify-Event-Id": message.event_id,
                "X-Shopify-Triggered-At": message.at.isoformat(),
                "X-Shopify-Test": "false",
            },
            body=body,
        )

    def _file(self, message: Message, content: TillFile | CorrectionFile, body: bytes) -> Delivery:
        store = content.store if isinstance(content, TillFile) else content.location_id
        base = self.tills_url.rstrip("/")
        return Delivery(
            method="PUT",
            url=f"{base}/poslog/{store}/{content.till}/{file_name(store, content)}",
            headers={
                "Content-Type": "application/xml",
                "X-Till-Token": till_signature(self.till_secret, body),
            },
            body=body,
        )


def webhook_bytes(day: Day, content: OrderState | Refund, shop: str) -> bytes:
    if isinstance(content, OrderState):
        return dump(order_body(content, shop))
    known = day.truth.orders.get(content.order_id)
    return dump(refund_body(content, known.order if known else None))


def file_bytes(day: Day, message: Message, content: TillFile | CorrectionFile) -> bytes:
    if message.defect is Defect.ENTITY_BOMB:
        return entity_bomb(content.till)
    if isinstance(content, CorrectionFile):
        return correction_file(content)
    return till_file(content, day.catalogue, people_of(day))


def people_of(day: Day) -> Mapping[str, Person]:
    return {person.customer_id: person for person in day.people}


def file_name(store: str, content: TillFile | CorrectionFile) -> str:
    """Named by till and hour; a second export of the hour says which copy it is."""
    copy = f"_R{content.copy}" if content.copy else ""
    return f"POSLog_{store}_{content.till}_{content.hour:%Y%m%d%H}{copy}.xml"


def damaged(message: Message, body: bytes) -> bytes:
    """A cut-off body ends in the middle; the signature is over what arrives."""
    return body[: len(body) // 2] if message.defect is Defect.TRUNCATED_BODY else body


def shopify_signature(secret: str, body: bytes) -> str:
    """``X-Shopify-Hmac-Sha256``: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def till_signature(secret: str, body: bytes) -> str:
    """``X-Till-Token``: hex of HMAC-SHA256 over the raw body."""
    return hmac.digest(secret.encode(), body, "sha256").hex()

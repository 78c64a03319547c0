"""Webhook bodies as Shopify writes them, small and of our own making."""

import base64
import hmac
import json
from typing import Any

Fields = dict[str, Any]

SHOP = "demo.myshopify.com"
SECRET = "a shared secret"
PLACED = "2024-04-01T09:30:00-05:00"
LATER = "2024-04-01T10:00:00-05:00"
LATEST = "2024-04-01T11:00:00-05:00"


def a_line(number: int = 1, **fields: Any) -> Fields:
    """Two pieces at 12.50."""
    given: Fields = {
        "id": 9_000 + number,
        "variant_id": 700 + number,
        "sku": f"SKU-{number}",
        "title": f"Article {number}",
        "quantity": 2,
        "price": "12.50",
        "requires_shipping": True,
        "gift_card": False,
        "properties": [],
        "total_discount": "0.00",
        "tax_lines": [{"price": "1.50", "rate": 0.06, "title": "State Tax"}],
        "discount_allocations": [],
    }
    return given | fields


def an_order(number: int = 5001, **fields: Any) -> Fields:
    """One line of two pieces, 5.00 delivery, tax on top: 31.50 in all, paid."""
    given: Fields = {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "created_at": PLACED,
        "updated_at": PLACED,
        "cancelled_at": None,
        "cancel_reason": None,
        "currency": "USD",
        "presentment_currency": "CAD",
        "taxes_included": False,
        "total_price": "31.50",
        "total_tax": "1.50",
        "total_outstanding": "0.00",
        "financial_status": "paid",
        "fulfillment_status": None,
        "payment_gateway_names": ["shopify_payments"],
        "test": False,
        "source_name": "web",
        "email": "ada@example.com",
        "phone": None,
        "customer": {"id": 42, "tags": "vip, customer:C-17", "first_name": "Ada", "last_name": "Abbott"},
        "billing_address": an_address(),
        "shipping_address": an_address(),
        "line_items": [a_line()],
        "shipping_lines": [{"price": "5.00", "discounted_price": "5.00", "is_removed": False}],
        "discount_applications": [],
        "fulfillments": [],
        "refunds": [],
    }
    return given | fields


def an_address(**fields: Any) -> Fields:
    given: Fields = {
        "name": "Ada Abbott",
        "company": None,
        "address1": "7 Mill Street",
        "address2": None,
        "city": "Fairview",
        "zip": "40003",
        "phone": "+15550001",
        "province_code": "OH",
        "country_code": "US",
    }
    return given | fields


def a_parcel(number: int = 81, *, line: int = 1, pieces: int = 2, order: int = 5001, **fields: Any) -> Fields:
    item = a_line(line) | {"quantity": pieces, "origin_location": {"id": 60_000, "name": "W01"}}
    given: Fields = {
        "id": number,
        "order_id": order,
        "status": "success",
        "created_at": LATER,
        "location_id": 60_000,
        "tracking_number": f"1Z{number}",
        "line_items": [item],
    }
    return given | fields


def a_refund(
    number: int = 91,
    *,
    line: int = 1,
    pieces: int = 1,
    order: int = 5001,
    restock: str = "return",
    **fields: Any,
) -> Fields:
    """One piece with its tax: 13.25."""
    given: Fields = {
        "id": number,
        "order_id": order,
        "created_at": LATEST,
        "processed_at": LATEST,
        "note": "too large",
        "restock": restock != "no_restock",
        "refund_line_items": [
            {
                "id": 10 * number,
                "line_item_id": 9_000 + line,
                "location_id": None,
                "quantity": pieces,
                "restock_type": restock,
                "subtotal": 12.50 * pieces,
                "subtotal_set": both("12.50"),
                "total_tax": 0.75 * pieces,
                "line_item": a_line(line),
            }
        ],
        "order_adjustments": [],
        "transactions": [
            {
                "id": 100 * number,
                "kind": "refund",
                "status": "success",
                "amount": "13.25",
                "currency": "USD",
                "gateway": "shopify_payments",
            }
        ],
    }
    return given | fields


def both(amount: str, currency: str = "USD") -> Fields:
    shop = {"amount": amount, "currency_code": currency}
    return {"shop_money": shop, "presentment_money": {"amount": "99.99", "currency_code": "CAD"}}


def body_of(content: Fields) -> bytes:
    return json.dumps(content).encode()


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def headers_of(body: bytes, topic: str, event: str, secret: str = SECRET) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature(body, secret),
        "X-Shopify-Shop-Domain": SHOP,
        "X-Shopify-Event-Id": event,
        "X-Shopify-Webhook-Id": f"delivery of {event}",
    }

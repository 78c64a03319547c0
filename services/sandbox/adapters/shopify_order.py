"""A storefront order as Shopify's 2024-04 webhooks and Admin API write it.

Field names and nesting follow real payloads. What a reader must know: a line's reductions stand in
``discount_allocations`` alone (``total_discount``, deprecated, stays 0.00); ``total_price`` never changes
after a refund, ``current_total_price`` does; lines without SKU are told by ``variant_id``.
"""

from services.sandbox.adapters.shopify_discounts import discount_applications, discount_codes
from services.sandbox.adapters.shopify_lines import fulfilment, fulfilment_status, line_item, tax_lines
from services.sandbox.adapters.shopify_parties import address, client, customer
from services.sandbox.adapters.shopify_refund import refund_body
from services.sandbox.adapters.shopify_values import Fields, amount, both, gid, stamp
from services.sandbox.domain.orders import Order, OrderState, Payment


def order_body(state: OrderState, shop: str) -> Fields:
    """All fields of an order, as ``orders/create`` and its siblings send them."""
    order = state.order
    return {
        **identity(order, shop),
        **status(state),
        **amounts(state),
        **people(order),
        "discount_applications": discount_applications(order),
        "discount_codes": discount_codes(order),
        "fulfillments": [
            fulfilment(state, parcel, place) for place, parcel in enumerate(state.fulfilments, 1)
        ],
        "line_items": [line_item(state, line) for line in order.lines],
        "payment_terms": None,
        "refunds": [refund_body(refund, order) for refund in state.refunds],
        "shipping_lines": shipping_lines(order),
        "tax_lines": tax_lines(order, order.lines),
    }


def identity(order: Order, shop: str) -> Fields:
    token = f"{order.order_id:032x}"
    return {
        "id": order.order_id,
        "admin_graphql_api_id": gid("Order", order.order_id),
        "app_id": 580111,
        "cart_token": f"c1-{token[:24]}",
        "checkout_id": order.order_id // 7,
        "checkout_token": token[::-1],
        "confirmation_number": f"{order.order_id % 36**9:09d}",
        "device_id": None,
        "landing_site": "/",
        "landing_site_ref": None,
        "location_id": None,
        "merchant_of_record_app_id": None,
        "name": f"#{order.number}",
        "note": None,
        "note_attributes": [{"name": "basket", "value": order.reference}],
        "number": order.number - 1000,
        "order_number": order.number,
        "order_status_url": f"https://{shop}/orders/{token}/authenticate?key={token[-12:]}",
        "payment_gateway_names": ["shopify_payments"],
        "po_number": None,
        "reference": order.reference,
        "referring_site": "",
        "source_identifier": order.reference,
        "source_name": "web",
        "source_url": None,
        "tags": "demo",
        "test": order.test,
        "token": token,
        "user_id": None,
    }


def status(state: OrderState) -> Fields:
    order = state.order
    return {
        "cancel_reason": state.cancel_reason or None,
        "cancelled_at": stamp(state.cancelled_at) if state.cancelled_at else None,
        "closed_at": None,
        "confirmed": True,
        "created_at": stamp(order.placed_at),
        "estimated_taxes": False,
        "financial_status": state.payment.value,
        "fulfillment_status": fulfilment_status(state, order.lines),
        "processed_at": stamp(order.placed_at),
        "updated_at": stamp(state.updated_at),
    }


def amounts(state: OrderState) -> Fields:
    """Every amount as text and as ``*_set``; those called ``current_`` are what remains after refunds."""
    order = state.order
    returned_tax = sum(line.tax for refund in state.refunds for line in refund.lines)
    returned = sum(line.subtotal for refund in state.refunds for line in refund.lines)
    subtotal = order.gross - order.reduced
    values = {
        "current_subtotal_price": subtotal - returned,
        "current_total_discounts": order.reduced,
        "current_total_price": order.total - state.refunded,
        "current_total_tax": order.tax - returned_tax,
        "subtotal_price": subtotal,
        "total_discounts": order.reduced,
        "total_line_items_price": order.gross,
        "total_price": order.total,
        "total_tax": order.tax,
    }
    outstanding = order.total if state.payment is Payment.AUTHORIZED else 0
    return {
        **{name: amount(micros, order.currency) for name, micros in values.items()},
        **{f"{name}_set": both(micros, order.currency, order.presentment) for name, micros in values.items()},
        "currency": order.currency,
        "current_total_additional_fees_set": None,
        "current_total_duties_set": None,
        "original_total_additional_fees_set": None,
        "original_total_duties_set": None,
        "presentment_currency": order.presentment or order.currency,
        "tax_exempt": False,
        "taxes_included": order.taxes_included,
        "total_outstanding": amount(outstanding, order.currency),
        "total_shipping_price_set": both(order.shipping, order.currency, order.presentment),
        "total_tip_received": amount(0, order.currency),
        "total_weight": 0,
    }


def people(order: Order) -> Fields:
    person = order.person
    return {
        "billing_address": address(order.ships_to, person),
        "browser_ip": "203.0.113.7",
        "buyer_accepts_marketing": False,
        "client_details": client(),
        "company": None,
        "contact_email": person.email if person else None,
        "customer": customer(person, order) if person else None,
        "customer_locale": "en",
        "email": person.email if person else "",
        "phone": person.phone if person else None,
        "shipping_address": address(order.ships_to, person),
    }


def shipping_lines(order: Order) -> list[Fields]:
    return [
        {
            "id": order.order_id // 5,
            "carrier_identifier": None,
            "code": "Standard" if order.shipping else "Free shipping",
            "discounted_price": amount(order.shipping, order.currency),
            "discounted_price_set": both(order.shipping, order.currency, order.presentment),
            "is_removed": False,
            "phone": None,
            "price": amount(order.shipping, order.currency),
            "price_set": both(order.shipping, order.currency, order.presentment),
            "requested_fulfillment_service_id": None,
            "source": "shopify",
            "title": "Standard" if order.shipping else "Free shipping",
            "tax_lines": [],
            "discount_allocations": [],
        }
    ]

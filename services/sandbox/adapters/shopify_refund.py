"""A refund as Shopify's ``refunds/create`` and an order's ``refunds`` write it.

``subtotal`` and ``total_tax`` of a line are bare JSON numbers here, and text everywhere else. A refunded
delivery charge is a negative ``order_adjustments`` entry. What was paid back is the sum of the transactions.
"""

from services.sandbox.adapters.shopify_values import Fields, amount, both, gid, number, stamp
from services.sandbox.domain.orders import Order, Refund, RefundLine


def refund_body(refund: Refund, order: Order | None = None) -> Fields:
    """``order`` is None for a refund of an order that was placed before the day."""
    presentment = order.presentment if order else ""
    return {
        "id": refund.refund_id,
        "admin_graphql_api_id": gid("Refund", refund.refund_id),
        "created_at": stamp(refund.at),
        "note": refund.note,
        "order_id": refund.order_id,
        "processed_at": stamp(refund.at),
        "restock": any(line.restock != "no_restock" for line in refund.lines),
        "user_id": None,
        "return": None,
        "total_duties_set": both(0, refund.currency, presentment),
        "duties": [],
        "order_adjustments": adjustments(refund, presentment),
        "refund_shipping_lines": [],
        "refund_line_items": [refund_line(refund, line, presentment) for line in refund.lines],
        "transactions": [transaction(refund)] if refund.total else [],
    }


def refund_line(refund: Refund, line: RefundLine, presentment: str) -> Fields:
    tax = amount(line.tax, refund.currency)
    subtotal = amount(line.subtotal, refund.currency)
    return {
        "id": line.refund_line_id,
        "line_item_id": line.ordered.line_id,
        "location_id": None,
        "quantity": line.quantity_milli // 1000,
        "restock_type": line.restock.value,
        "subtotal": number(subtotal),
        "subtotal_set": both(line.subtotal, refund.currency, presentment),
        "total_tax": number(tax),
        "total_tax_set": both(line.tax, refund.currency, presentment),
        "line_item": refunded_article(refund, line, presentment),
    }


def refunded_article(refund: Refund, line: RefundLine, presentment: str) -> Fields:
    ordered = line.ordered
    return {
        "id": ordered.line_id,
        "admin_graphql_api_id": gid("LineItem", ordered.line_id),
        "name": ordered.line.title,
        "title": ordered.line.title,
        "price": amount(ordered.line.unit_price, refund.currency),
        "price_set": both(ordered.line.unit_price, refund.currency, presentment),
        "product_exists": ordered.variant_id is not None,
        "product_id": ordered.variant_id and ordered.variant_id // 3,
        "properties": [],
        "quantity": ordered.line.quantity_milli // 1000,
        "requires_shipping": ordered.ships,
        "sku": "" if ordered.anonymous else ordered.line.sku,
        "taxable": ordered.line.tax_rate > 0,
        "variant_id": ordered.variant_id,
        "vendor": "retailmesh demo",
        "discount_allocations": [],
        "duties": [],
        "fulfillable_quantity": 0,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": False,
        "grams": 0,
        "tax_lines": [],
        "total_discount": amount(0, refund.currency),
        "total_discount_set": both(0, refund.currency, presentment),
        "variant_inventory_management": "shopify" if ordered.variant_id else None,
        "variant_title": None,
    }


def adjustments(refund: Refund, presentment: str) -> list[Fields]:
    if not refund.shipping:
        return []
    return [
        {
            "id": refund.refund_id // 3,
            "order_id": refund.order_id,
            "refund_id": refund.refund_id,
            "amount": amount(-refund.shipping, refund.currency),
            "amount_set": both(-refund.shipping, refund.currency, presentment),
            "tax_amount": amount(0, refund.currency),
            "tax_amount_set": both(0, refund.currency, presentment),
            "kind": "shipping_refund",
            "reason": "Shipping refund",
        }
    ]


def transaction(refund: Refund) -> Fields:
    return {
        "id": refund.transaction_id,
        "admin_graphql_api_id": gid("OrderTransaction", refund.transaction_id),
        "order_id": refund.order_id,
        "parent_id": refund.parent_transaction_id,
        "amount": amount(refund.total, refund.currency),
        "authorization": None,
        "created_at": stamp(refund.at),
        "currency": refund.currency,
        "device_id": None,
        "error_code": None,
        "gateway": "shopify_payments",
        "kind": "refund",
        "location_id": None,
        "message": "Transaction approved",
        "payment_id": f"c{refund.parent_transaction_id}.1",
        "processed_at": stamp(refund.at),
        "receipt": {"paid_amount": amount(refund.total, refund.currency)},
        "source_name": "web",
        "status": "success",
        "test": False,
        "user_id": None,
    }

"""Lines of an order and of its parcels as Shopify writes them."""

from collections.abc import Sequence

from services.sandbox.adapters.shopify_discounts import allocation
from services.sandbox.adapters.shopify_parties import origin
from services.sandbox.adapters.shopify_values import Fields, amount, both, gid, rate, stamp
from services.sandbox.domain.orders import Fulfilment, Order, OrderLine, OrderState


def line_item(state: OrderState, ordered: OrderLine) -> Fields:
    order, line = state.order, ordered.line
    pieces = line.quantity_milli // 1000
    remaining = line.quantity_milli - state.refunded_of(ordered.line_id)
    unsent = min(remaining, line.quantity_milli - state.shipped_of(ordered.line_id))
    return {
        **article(order, ordered),
        "attributed_staffs": [],
        "current_quantity": remaining // 1000,
        "fulfillable_quantity": max(0, unsent) // 1000,
        "fulfillment_status": fulfilment_status(state, [ordered]),
        "quantity": pieces,
        "tax_lines": tax_lines(order, [ordered]),
        "duties": [],
        "discount_allocations": [
            allocation(order, reduction) for reduction in line.reductions if reduction.micros
        ],
    }


def article(order: Order, ordered: OrderLine) -> Fields:
    line = ordered.line
    net_price = line.net - order.tax_of(line) if order.taxes_included else line.net
    return {
        "id": ordered.line_id,
        "admin_graphql_api_id": gid("LineItem", ordered.line_id),
        "fulfillment_service": "manual",
        "gift_card": False,
        "grams": 0,
        "name": line.title,
        "pre_tax_price": amount(net_price, order.currency),
        "pre_tax_price_set": both(net_price, order.currency, order.presentment),
        "price": amount(line.unit_price, order.currency),
        "price_set": both(line.unit_price, order.currency, order.presentment),
        "product_exists": ordered.variant_id is not None,
        "product_id": ordered.variant_id and ordered.variant_id // 3,
        "properties": [{"name": "position", "value": str(line.position)}],
        "requires_shipping": ordered.ships,
        "sku": "" if ordered.anonymous else line.sku,
        "taxable": line.tax_rate > 0,
        "title": line.title,
        "total_discount": amount(0, order.currency),
        "total_discount_set": both(0, order.currency, order.presentment),
        "variant_id": ordered.variant_id,
        "variant_inventory_management": "shopify" if ordered.variant_id else None,
        "variant_title": None,
        "vendor": "retailmesh demo",
    }


def tax_lines(order: Order, lines: Sequence[OrderLine]) -> list[Fields]:
    """One entry for each rate, in ascending order; lines without tax have none."""
    rates: dict[int, int] = {}
    for ordered in lines:
        line = ordered.line
        if line.tax_rate:
            rates[line.tax_rate] = rates.get(line.tax_rate, 0) + order.tax_of(line)
    return [
        {
            "channel_liable": False,
            "price": amount(tax, order.currency),
            "price_set": both(tax, order.currency, order.presentment),
            "rate": rate(points),
            "title": "VAT" if order.currency == "GBP" else "State Tax",
        }
        for points, tax in sorted(rates.items())
    ]


def fulfilment(state: OrderState, parcel: Fulfilment, place: int) -> Fields:
    order = state.order
    sent = dict(parcel.lines)
    return {
        "id": parcel.fulfilment_id,
        "admin_graphql_api_id": gid("Fulfillment", parcel.fulfilment_id),
        "created_at": stamp(parcel.at),
        "location_id": origin(parcel.location_id)["id"],
        "name": f"#{order.number}.{place}",
        "order_id": order.order_id,
        "origin_address": None,
        "receipt": {},
        "service": "manual",
        "shipment_status": None,
        "status": "success",
        "tracking_company": "UPS",
        "tracking_number": parcel.tracking,
        "tracking_numbers": [parcel.tracking],
        "tracking_url": f"https://www.ups.com/track?tracknum={parcel.tracking}",
        "tracking_urls": [f"https://www.ups.com/track?tracknum={parcel.tracking}"],
        "updated_at": stamp(parcel.at),
        "line_items": [
            {
                **line_item(state, ordered),
                "quantity": sent[ordered.line_id] // 1000,
                "origin_location": origin(parcel.location_id),
            }
            for ordered in order.lines
            if ordered.line_id in sent
        ],
    }


def fulfilment_status(state: OrderState, lines: Sequence[OrderLine]) -> str | None:
    sent = [state.shipped_of(line.line_id) for line in lines]
    if not any(sent):
        return None
    whole = all(done >= line.line.quantity_milli for done, line in zip(sent, lines, strict=True))
    return "fulfilled" if whole else "partial"

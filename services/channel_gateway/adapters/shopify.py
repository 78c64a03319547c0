"""Shopify webhooks as what the mesh is told. Shopify's words end in this file and its models."""

from collections.abc import Callable
from itertools import chain
from typing import TypeVar

from pydantic import ValidationError

from libs.intake import Problem, Unreadable
from libs.money import Money
from services.channel_gateway.adapters import shopify_models as shopify
from services.channel_gateway.adapters.shopify_problems import problems_of
from services.channel_gateway.adapters.shopify_refunds import TENDERS, names_of, refund_of
from services.channel_gateway.domain.storefront import (
    Address,
    Contact,
    Discount,
    Line,
    Order,
    OrderTold,
    Parcel,
    ParcelTold,
    RefundTold,
    Tender,
    TenderKind,
    Told,
)

M = TypeVar("M", bound=shopify.Fields)

CUSTOMER_TAG = "customer:"
"""The merchant tags customers with their number in its own records."""
PAID = {"paid", "partially_refunded", "refunded"}
PAID_IN_PART = {"partially_paid"}
NEVER_LEFT = {"cancelled", "error", "failure"}
TITLE_LIMIT, PRODUCT_LIMIT, NAME_LIMIT, EMAIL_LIMIT, TRACKING_LIMIT = 255, 128, 64, 320, 128


def channel_of(shop: str) -> str:
    """The channel of a shop, which is named by its domain."""
    return f"shopify:{shop}"


def reads(topic: str) -> bool:
    """Whether the mesh follows this topic; others are acknowledged and nothing more."""
    return topic in READERS


def read(channel: str, topic: str, body: bytes) -> Told:
    """What a webhook tells. Raises `Unreadable` with each rule that the body breaks."""
    return READERS[topic](channel, body)


def read_created(channel: str, body: bytes) -> Told:
    return OrderTold(order_of(channel, validated(shopify.Order, body)), created=True)


def read_changed(channel: str, body: bytes) -> Told:
    return OrderTold(order_of(channel, validated(shopify.Order, body)), created=False)


def read_refund(channel: str, body: bytes) -> Told:
    refund = validated(shopify.Refund, body)
    return RefundTold(refund.order_id, refund_of(refund))


def read_parcel(channel: str, body: bytes) -> Told:
    parcel = validated(shopify.Fulfillment, body)
    if parcel.order_id is None:
        raise Unreadable([Problem("order_id", "is required")])
    return ParcelTold(parcel.order_id, parcel_of(parcel))


READERS: dict[str, Callable[[str, bytes], Told]] = {
    "orders/create": read_created,
    "orders/updated": read_changed,
    "orders/paid": read_changed,
    "orders/fulfilled": read_changed,
    "orders/partially_fulfilled": read_changed,
    "orders/cancelled": read_changed,
    "refunds/create": read_refund,
    "fulfillments/create": read_parcel,
}


def validated(model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise Unreadable(problems_of(error)) from None


def order_of(channel: str, order: shopify.Order) -> Order:
    def money(micros: int | None) -> Money:
        return Money(order.currency, micros or 0)

    paid = order.financial_status in PAID
    return Order(
        channel=channel,
        channel_order_id=order.number,
        number=order.name[:NAME_LIMIT],
        placed_at=order.created_at,
        version=order.updated_at,
        currency=order.currency,
        customer_id=customer_of(order.customer),
        billing=contact_of(order, order.billing_address),
        shipping=contact_of(order, order.shipping_address),
        # A line edited out of the order has no pieces left to deliver.
        lines=tuple(line_of(order, line) for line in order.line_items if line.quantity),
        shipping_charge=money(sum(charge_of(line) for line in order.shipping_lines)),
        tax=money(order.total_tax),
        tax_included=bool(order.taxes_included),
        total=money(order.total_price),
        tenders=tenders_of(order, paid),
        paid=paid,
        test=bool(order.test),
        cancelled_at=order.cancelled_at,
        cancel_reason=order.cancel_reason,
        parcels=tuple(parcel for parcel in map(parcel_of, order.fulfillments) if parcel.lines),
        refunds=tuple(refund_of(refund, order.currency) for refund in order.refunds),
    )


def line_of(order: shopify.Order, line: shopify.LineItem) -> Line:
    return Line(
        line_id=line.number,
        names=names_of(line),
        product=(line.sku or line.variant_id or line.title or line.name)[:PRODUCT_LIMIT],
        title=(line.title or line.name)[:TITLE_LIMIT],
        pieces=line.quantity,
        unit_price=Money(order.currency, line.price),
        discounts=discounts_of(order, line),
        tax=Money(order.currency, sum(tax.price for tax in line.tax_lines)),
        stocked=line.requires_shipping is not False and not line.gift_card,
    )


def discounts_of(order: shopify.Order, line: shopify.LineItem) -> tuple[Discount, ...]:
    """Allocations are the rule; ``total_discount`` is what old payloads have instead."""
    if line.discount_allocations:
        return tuple(
            Discount(promotion_of(order, one), Money(order.currency, one.amount))
            for one in line.discount_allocations
        )
    return (Discount("", Money(order.currency, line.total_discount)),) if line.total_discount else ()


def promotion_of(order: shopify.Order, allocation: shopify.DiscountAllocation) -> str:
    place = allocation.discount_application_index
    if place >= len(order.discount_applications):
        return ""
    applied = order.discount_applications[place]
    return (applied.code or applied.title or applied.description)[:NAME_LIMIT]


def charge_of(line: shopify.ShippingLine) -> int:
    if line.is_removed:
        return 0
    reduced = line.price - sum(one.amount for one in line.discount_allocations)
    return reduced if line.discounted_price is None else line.discounted_price


def tenders_of(order: shopify.Order, paid: bool) -> tuple[Tender, ...]:
    """Webhooks of orders do not list payments: what is no longer outstanding was paid, in one tender."""
    if not paid and order.financial_status not in PAID_IN_PART:
        return ()
    amount = order.total_price - (order.total_outstanding or 0)
    gateways = chain(order.payment_gateway_names, [""])
    kind = TENDERS.get(next(gateways), TenderKind.ONLINE)
    return (Tender("payment", kind, Money(order.currency, amount)),) if amount > 0 else ()


def parcel_of(parcel: shopify.Fulfillment) -> Parcel:
    """Without lines when nothing left."""
    origins = (item.origin_location.name for item in parcel.line_items if item.origin_location)
    return Parcel(
        parcel_id=parcel.number,
        place=next(origins, ""),
        lines=tuple(
            (item.number, item.quantity)
            for item in parcel.line_items
            if item.quantity and parcel.status not in NEVER_LEFT
        ),
        tracking_number=parcel.tracking_number[:TRACKING_LIMIT],
        at=parcel.created_at,
    )


def customer_of(customer: shopify.Customer | None) -> str:
    tags = (tag.strip() for tag in customer.tags.split(",")) if customer else ()
    own = (tag.removeprefix(CUSTOMER_TAG) for tag in tags if tag.startswith(CUSTOMER_TAG))
    return next(own, "")[:NAME_LIMIT]


def contact_of(order: shopify.Order, address: shopify.Address | None) -> Contact:
    customer = order.customer
    names = f"{customer.first_name} {customer.last_name}".strip() if customer else ""
    phone = (address.phone if address else "") or order.phone
    return Contact(
        name=((address.name if address else "") or names)[:TITLE_LIMIT],
        email=(order.email or order.contact_email)[:EMAIL_LIMIT],
        phone=phone[:NAME_LIMIT],
        address=address_of(address) if address else None,
    )


def address_of(address: shopify.Address) -> Address:
    return Address(
        recipient=address.name,
        organization=address.company,
        lines=tuple(line for line in (address.address1, address.address2) if line),
        city=address.city,
        province=address.province_code,
        postal_code=address.zip,
        country=address.country_code,
    )

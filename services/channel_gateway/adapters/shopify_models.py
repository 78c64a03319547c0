"""Shopify's payloads: only the fields that the mesh reads, with the rules it cannot do without.

Shapes follow the Admin REST API 2024-04 and its webhooks. What real payloads vary in is accepted: ids as
numbers or text, missing and null fields, bare JSON numbers where the documentation says decimal text.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from libs.money import Money

MOST_LINES = 2000
MOST_PARTS = 500
GID = re.compile(r"gid://shopify/\w+/(\d{1,20})")
NUMBER = re.compile(r"\d{1,20}", re.ASCII)
MOST_PIECES = 10**8


def micros(value: Any) -> int:
    """Millionths of the shop's currency, from decimal text or a bare number, which Shopify writes exactly."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("must be a decimal amount")
    try:
        return Money.parse(str(value), "XXX").micros
    except ValueError:
        raise ValueError("must be a decimal amount of at most six decimals") from None


def not_negative(value: Any) -> int:
    if (amount := micros(value)) < 0:
        raise ValueError("must not be negative")
    return amount


def identity(value: Any) -> str:
    """A 64-bit id, which neither JavaScript nor some proxies keep as a number."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**64:
        return str(value)
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return value
    raise ValueError("must be a whole number")


def text(value: Any) -> str:
    return "" if value is None else str(value)


def listed(value: Any) -> Any:
    return [] if value is None else value


Amount = Annotated[int, BeforeValidator(micros)]
Price = Annotated[int, BeforeValidator(not_negative)]
Identity = Annotated[str, BeforeValidator(identity)]
Text = Annotated[str, BeforeValidator(text)]


class Fields(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Numbered(Fields):
    """``admin_graphql_api_id`` keeps the digits that a round trip through JavaScript takes from ``id``."""

    id: Identity
    admin_graphql_api_id: Text = ""

    @property
    def number(self) -> str:
        exact = GID.fullmatch(self.admin_graphql_api_id)
        return exact[1] if exact else self.id


class Shown(Fields):
    """One side of a ``*_set`` block."""

    currency_code: Text = ""


class MoneySet(Fields):
    """Shop money is what is booked; presentment money is only what the buyer saw."""

    shop_money: Shown | None = None


class Address(Fields):
    name: Text = ""
    company: Text = ""
    address1: Text = ""
    address2: Text = ""
    city: Text = ""
    zip: Text = ""
    phone: Text = ""
    province_code: Text = ""
    country_code: Text = ""


class Customer(Fields):
    id: Identity | None = None
    tags: Text = ""
    first_name: Text = ""
    last_name: Text = ""
    email: Text = ""
    phone: Text = ""


class TaxLine(Fields):
    price: Amount = 0


class DiscountAllocation(Fields):
    amount: Price
    discount_application_index: Annotated[int, Field(ge=0)] = 0


class DiscountApplication(Fields):
    code: Text = ""
    title: Text = ""
    description: Text = ""


class Location(Fields):
    name: Text = ""


class LineItem(Numbered):
    """``sku`` may be empty, ``variant_id`` null, ``properties`` anything at all."""

    variant_id: Identity | None = None
    sku: Text = ""
    title: Text = ""
    name: Text = ""
    quantity: Annotated[int, Field(ge=0, le=MOST_PIECES)]
    price: Price
    requires_shipping: bool | None = True
    gift_card: bool | None = False
    total_discount: Price | None = None
    tax_lines: Annotated[list[TaxLine], BeforeValidator(listed)] = Field(default=[])
    discount_allocations: Annotated[list[DiscountAllocation], BeforeValidator(listed)] = Field(default=[])


class ShippingLine(Fields):
    price: Price
    discounted_price: Price | None = None
    is_removed: bool | None = False
    discount_allocations: Annotated[list[DiscountAllocation], BeforeValidator(listed)] = Field(default=[])


class SentItem(Numbered):
    quantity: Annotated[int, Field(ge=0, le=MOST_PIECES)]
    origin_location: Location | None = None


class Fulfillment(Numbered):
    """``status`` is null in old payloads; "pending" stands in documentation examples of parcels that left."""

    order_id: Identity | None = None
    status: Text = ""
    created_at: AwareDatetime
    tracking_number: Text = ""
    line_items: Annotated[list[SentItem], BeforeValidator(listed), Field(max_length=MOST_LINES)] = []


class RefundedItem(Numbered):
    variant_id: Identity | None = None
    sku: Text = ""
    title: Text = ""


class RefundLineItem(Fields):
    """``restock_type`` is missing in old payloads, where ``restock`` of the refund stands for all lines."""

    line_item_id: Identity
    quantity: Annotated[int, Field(ge=0, le=MOST_PIECES)]
    restock_type: Text = ""
    subtotal: Price
    total_tax: Amount | None = None
    subtotal_set: MoneySet | None = None
    line_item: RefundedItem | None = None


class Adjustment(Fields):
    tax_amount: Amount | None = None
    amount_set: MoneySet | None = None


class Transaction(Fields):
    id: Identity
    kind: Text = ""
    status: Text = ""
    amount: Price
    currency: Text = ""
    gateway: Text = ""


class Refund(Numbered):
    order_id: Identity
    created_at: AwareDatetime
    processed_at: AwareDatetime | None = None
    note: Text = ""
    restock: bool | None = None
    refund_line_items: Annotated[
        list[RefundLineItem], BeforeValidator(listed), Field(max_length=MOST_LINES)
    ] = []
    order_adjustments: Annotated[list[Adjustment], BeforeValidator(listed)] = []
    transactions: Annotated[list[Transaction], BeforeValidator(listed), Field(max_length=MOST_PARTS)] = []

    @property
    def at(self) -> datetime:
        return self.created_at

    def shop_currencies(self) -> set[str]:
        sets: Sequence[MoneySet | None] = [
            *(line.subtotal_set for line in self.refund_line_items),
            *(adjustment.amount_set for adjustment in self.order_adjustments),
        ]
        return {one.shop_money.currency_code for one in sets if one and one.shop_money} - {""}


class Order(Numbered):
    name: Text = ""
    created_at: AwareDatetime
    updated_at: AwareDatetime
    cancelled_at: AwareDatetime | None = None
    cancel_reason: Text = ""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    taxes_included: bool | None = False
    total_price: Price
    total_tax: Amount | None = None
    total_outstanding: Amount | None = None
    financial_status: Text = ""
    payment_gateway_names: Annotated[list[Text], BeforeValidator(listed)] = []
    test: bool | None = False
    email: Text = ""
    contact_email: Text = ""
    phone: Text = ""
    customer: Customer | None = None
    billing_address: Address | None = None
    shipping_address: Address | None = None
    line_items: Annotated[list[LineItem], Field(max_length=MOST_LINES)]
    shipping_lines: Annotated[list[ShippingLine], BeforeValidator(listed)] = []
    discount_applications: Annotated[list[DiscountApplication], BeforeValidator(listed)] = []
    fulfillments: Annotated[list[Fulfillment], BeforeValidator(listed), Field(max_length=MOST_PARTS)] = []
    refunds: Annotated[list[Refund], BeforeValidator(listed), Field(max_length=MOST_PARTS)] = []

"""What storefronts tell, in the mesh's words: orders as they stand, parcels, refunds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from libs.money import Money


class Scheme(StrEnum):
    """Whose numbering names a product."""

    SHOPIFY_VARIANT = "shopify_variant"
    SKU = "sku"


class Identifier(NamedTuple):
    scheme: Scheme
    value: str


class TenderKind(StrEnum):
    CASH = "cash"
    VOUCHER = "voucher"
    ONLINE = "online"


class Restock(StrEnum):
    """What became of goods that are paid back."""

    RETURNED = "returned"
    """They had been delivered, came back and are sellable."""
    NEVER_SENT = "never_sent"
    NOT_RESTOCKED = "not_restocked"
    """Either they stay with the customer, or they were never sent: the storefront does not say which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Empty where not given. ``country`` is ISO 3166-1 alpha-2; ``province`` follows it in ISO 3166-2."""

    recipient: str = ""
    organization: str = ""
    lines: tuple[str, ...] = ()
    city: str = ""
    province: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    name: str = ""
    email: str = ""
    phone: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    promotion_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Tender:
    tender_id: str
    kind: TenderKind
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """``names`` are tried in turn; ``product`` is what a person is shown when none of them is known."""

    line_id: str
    names: tuple[Identifier, ...]
    product: str
    title: str
    pieces: int
    unit_price: Money
    discounts: tuple[Discount, ...]
    tax: Money
    stocked: bool

    @property
    def total(self) -> Money:
        reduced = Money.total((discount.amount for discount in self.discounts), self.unit_price.currency)
        return self.unit_price.times(self.pieces).rounded() - reduced


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Goods sent. ``place`` is the storefront's own name of where from, empty when it does not say."""

    parcel_id: str
    place: str
    lines: tuple[tuple[str, int], ...]
    """Line ids and pieces."""
    tracking_number: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundedLine:
    line_id: str
    names: tuple[Identifier, ...]
    pieces: int
    amount: Money
    restock: Restock


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money given back, for goods or not."""

    refund_id: str
    lines: tuple[RefundedLine, ...]
    amount: Money
    tax: Money
    tenders: tuple[Tender, ...]
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as it stands at ``version``, the instant of its last change; of two the later one holds."""

    channel: str
    channel_order_id: str
    number: str
    placed_at: datetime
    version: datetime
    currency: str
    customer_id: str
    billing: Contact
    shipping: Contact
    lines: tuple[Line, ...]
    shipping_charge: Money
    tax: Money
    tax_included: bool
    total: Money
    tenders: tuple[Tender, ...]
    paid: bool
    test: bool
    cancelled_at: datetime | None
    cancel_reason: str
    parcels: tuple[Parcel, ...]
    refunds: tuple[Refund, ...]

    @property
    def region(self) -> str:
        """Where the goods go, as ISO 3166-2 writes it: ``US-OH``, or ``GB`` without a subdivision."""
        to = self.shipping.address or self.billing.address
        return "-".join(part for part in (to.country, to.province) if part) if to and to.country else ""


@dataclass(frozen=True, slots=True)
class OrderTold:
    """An order was placed, or changed. ``created`` is True for the message that says it is new."""

    order: Order
    created: bool

    @property
    def channel_order_id(self) -> str:
        return self.order.channel_order_id


@dataclass(frozen=True, slots=True)
class ParcelTold:
    channel_order_id: str
    parcel: Parcel


@dataclass(frozen=True, slots=True)
class RefundTold:
    channel_order_id: str
    refund: Refund


Told = OrderTold | ParcelTold | RefundTold


@dataclass(frozen=True, slots=True)
class OrderFigures:
    """An order in few words, for comparing."""

    channel: str
    channel_order_id: str
    total: Money
    refunded: Money
    cancelled: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FiguresPage:
    orders: Sequence[OrderFigures]
    next_cursor: str

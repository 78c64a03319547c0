"""What tills write down, in the mesh's words."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

from libs.money import Money


class Scheme(StrEnum):
    """Whose numbering names a product."""

    GTIN = "gtin"
    TILL_PLU = "till_plu"
    SKU = "sku"


class Identifier(NamedTuple):
    scheme: Scheme
    value: str


class Unit(StrEnum):
    PIECE = "piece"
    KILOGRAM = "kilogram"
    LITRE = "litre"
    METRE = "metre"


class TenderKind(StrEnum):
    CASH = "cash"
    CARD = "card"
    VOUCHER = "voucher"


class Kind(StrEnum):
    """What a till transaction is; the value is what the database holds."""

    SALE = "sale"
    RETURN = "return"
    CONTROL = "control"
    STOCK = "stock"


class ReceiptKey(NamedTuple):
    """The name of a till transaction for ever. ``sequence`` has no leading zeros."""

    store: str
    till: str
    business_date: date
    sequence: str

    @property
    def text(self) -> str:
        return f"{self.store}/{self.till}/{self.business_date}/{self.sequence}"

    @property
    def channel(self) -> str:
        return f"till:{self.store}"

    @property
    def channel_order_id(self) -> str:
        """Unique within the store's channel."""
        return f"{self.till}-{self.business_date}-{self.sequence}"


@dataclass(frozen=True, slots=True)
class Discount:
    promotion_id: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Tender:
    """Positive when the customer paid, negative when the till paid out."""

    tender_id: str
    kind: TenderKind
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Goods sold or brought back; ``milli`` thousandths of ``unit``, and amounts positive in both cases.

    ``names`` are tried in turn. ``amount`` is what the till charged for the line, before reductions of the
    whole receipt; ``tax`` the tax in it or on it.
    """

    line_id: str
    names: tuple[Identifier, ...]
    product: str
    title: str
    milli: int
    unit: Unit
    unit_price: Money
    amount: Money
    tax: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """A line brought back. Without the receipt ``original`` is None; a deposit is not restocked."""

    line: Line
    original: ReceiptKey | None
    original_line: str
    restock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A retail transaction. ``at`` may lack a zone: then it is the store's wall clock.

    ``reductions`` are given on the whole receipt. ``total`` is what changes hands, negative when the till
    pays out, and None where the till states none; ``tax`` is as the till states it.
    """

    key: ReceiptKey
    number: str
    at: datetime
    currency: str
    customer_id: str
    sold: tuple[Line, ...]
    returned: tuple[Returned, ...]
    reductions: tuple[Discount, ...]
    tenders: tuple[Tender, ...]
    total: Money | None
    tax: Money

    @property
    def kind(self) -> Kind:
        return Kind.SALE if self.sold else Kind.RETURN


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Signing on and off, opening the drawer, training, a voided receipt: nothing changed hands."""

    key: ReceiptKey
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """``milli`` is the difference, or for a count what was there."""

    line_id: str
    names: tuple[Identifier, ...]
    product: str
    milli: int
    unit: Unit
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDocument:
    """Stock corrected or counted at a location."""

    key: ReceiptKey
    document_id: str
    at: datetime
    counted: bool
    changes: tuple[StockChange, ...]


Transaction = Receipt | Control | StockDocument


def at_zone(moment: datetime, zone: tzinfo) -> datetime:
    """A time without a zone is its place's wall clock; of autumn's doubled hour the first is meant."""
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)

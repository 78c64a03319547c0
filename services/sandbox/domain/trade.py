"""What a data set says happened: products, baskets, cancellations and corrections, in our own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Unit(StrEnum):
    PIECE = "piece"
    LITRE = "litre"


class ReductionKind(StrEnum):
    """The three discounts of the grocery chain."""

    RETAIL = "retail"
    """The chain's own, by loyalty card or for several pieces."""
    COUPON = "coupon"
    """A manufacturer's coupon."""
    COUPON_MATCH = "coupon_match"
    """The chain's match of a manufacturer's coupon."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """Money off one line."""

    kind: ReductionKind
    micros: int
    basket_wide: bool = False
    """True for a line's share of a reduction that was given on the whole basket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An article of the catalogue. ``tax_rate`` in basis points, ``price`` in micros of one unit."""

    sku: str
    title: str
    category: str
    brand: str
    unit: Unit
    stocked: bool
    tax_class: str
    price: int
    gtin: str = ""
    plu: str = ""
    variant_id: int = 0
    grams: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Goods sold at one price. ``gross`` is the unit price times the quantity, in micros to the cent."""

    position: int
    """Counted from 1 within the basket; positions that a cashier voided are missing."""
    sku: str
    """As the source wrote it, which is not always a product of the catalogue."""
    title: str
    quantity_milli: int
    unit_price: int
    gross: int
    tax_rate: int = 0
    unit: Unit = Unit.PIECE
    reductions: tuple[Reduction, ...] = ()

    @property
    def reduced(self) -> int:
        return sum(reduction.micros for reduction in self.reductions)

    @property
    def net(self) -> int:
        return self.gross - self.reduced


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """One purchase. ``store`` is the store's number, empty for a seller without stores."""

    basket_id: str
    at: datetime
    customer_id: str | None
    lines: tuple[Line, ...]
    store: str = ""
    country: str = ""
    """As the source wrote it, which is not always a country."""
    country_code: str = ""
    """ISO 3166 alpha-2, empty when the source names no country."""

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """Lines given back by a document that names no original; quantities and amounts are positive."""

    document_id: str
    at: datetime
    customer_id: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Stock found (positive) or written off (negative) outside any sale."""

    document_id: str
    at: datetime
    sku: str
    quantity_milli: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One day of one seller."""

    name: str
    business_date: date
    currency: str
    country: str
    """ISO 3166 alpha-2 code of the seller."""
    time_zone: str
    """IANA name; all instants carry its offset."""
    taxes_included: bool
    online_only: bool
    """True for a seller without stores: every basket is a storefront order."""
    products: Mapping[str, Product]
    baskets: tuple[Basket, ...]
    cancellations: tuple[Cancellation, ...] = ()
    corrections: tuple[Correction, ...] = ()
    no_sales: tuple[Basket, ...] = ()
    """Baskets in which nothing was sold in the end."""
    noted: Mapping[str, int] = field(default_factory=dict)
    """Peculiarities of the source, counted, so that nothing of it is lost unseen."""

"""What is sold, at which price, and why a price may be lower."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from libs.money import Money
from services.master_data.domain.identifiers import Identifier


class Unit(StrEnum):
    """In what a product is stocked and sold; the value is what the database holds."""

    PIECE = "piece"
    KILOGRAM = "kilogram"
    LITRE = "litre"
    METRE = "metre"


@dataclass(frozen=True, slots=True)
class Product:
    """A sellable article with its names in other numberings; the order of the names has no meaning."""

    sku: str
    title: str
    category: str
    brand: str
    unit: Unit
    stocked: bool
    tax_class: str
    identifiers: tuple[Identifier, ...] = ()


PriceKey = tuple[str, str, datetime]
"""SKU, price list, instant from which the price holds."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of a product costs in a price list from an instant on, until a later price begins."""

    sku: str
    price_list: str
    amount: Money
    valid_from: datetime

    @property
    def key(self) -> PriceKey:
        return (self.sku, self.price_list, self.valid_from)


class PromotionKind(StrEnum):
    """Who reduces the price."""

    RETAIL = "retail"
    COUPON = "coupon"
    COUPON_MATCH = "coupon_match"


@dataclass(frozen=True, slots=True)
class Promotion:
    """A reason for which a price may be reduced, by its code on orders and receipts."""

    promotion_id: str
    kind: PromotionKind
    title: str

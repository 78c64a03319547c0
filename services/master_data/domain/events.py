"""Facts that master data tells; the convert module says how each looks on the wire."""

from dataclasses import dataclass

from services.master_data.domain.catalogue import Price, Product, Promotion
from services.master_data.domain.parties import Location
from services.master_data.domain.recorded import Recorded


@dataclass(frozen=True, slots=True)
class ProductChanged:
    """A product was created or replaced."""

    product: Recorded[Product]


@dataclass(frozen=True, slots=True)
class PriceChanged:
    """A price was added or replaced; it may begin in the future."""

    price: Price


@dataclass(frozen=True, slots=True)
class PromotionChanged:
    """A promotion was created or replaced."""

    promotion: Promotion


@dataclass(frozen=True, slots=True)
class LocationChanged:
    """A location was created or replaced."""

    location: Recorded[Location]


@dataclass(frozen=True, slots=True)
class CustomerChanged:
    """A customer was created or replaced; who needs more asks, so that personal data stays in one place."""

    customer_id: str
    version: int


MasterDataEvent = ProductChanged | PriceChanged | PromotionChanged | LocationChanged | CustomerChanged

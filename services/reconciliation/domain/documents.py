"""What each system says about one business fact, in the same words."""

from dataclasses import dataclass
from enum import Enum

from libs.money import Money


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A sale as its source has it: a storefront's order or a till's receipt.

    ``key`` names it at the source, for example ``shopify:main/1001``; ``total`` is what was owed when it was
    made, ``refunded`` what was given back since, None where returns are documents of their own.
    """

    key: str
    total: Money
    refunded: Money | None = None
    cancelled: bool = False


class Standing(Enum):
    """What is left of a sale."""

    STANDS = "stands"
    GIVEN_BACK = "given back line by line"
    """Nothing will be delivered, but what was not given back, such as shipping, is still owed."""
    CALLED_OFF = "called off"
    """As a whole: nothing is owed any more."""
    REFUSED = "refused"
    """It never counted."""


@dataclass(frozen=True, slots=True)
class MeshDocument:
    """The same sale as the mesh has it; ``posted`` says whether its money belongs in the ERP."""

    key: str
    order_id: str
    total: Money
    refunded: Money
    standing: Standing
    posted: bool


@dataclass(frozen=True, slots=True)
class PostedDocument:
    """A fact that the mesh hands to the ERP; ``amount`` is negative for what was given back."""

    external_key: str
    order_id: str
    amount: Money
    ended: bool
    skipped: bool


@dataclass(frozen=True, slots=True)
class ErpDocument:
    """A document as the ERP has it."""

    document_id: str
    external_key: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Promise:
    """A quantity of one order line from one location, in thousandths of the product's unit."""

    order_id: str
    line_id: str
    location_id: str
    milli: int

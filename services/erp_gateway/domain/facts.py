"""Financial facts: what the ERP must learn, in the mesh's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID, uuid5

from libs.money import Money

NAMESPACE = UUID("6d3c1a52-6f3c-5d0c-9c55-7e3f2d7a9b10")
"""Posting ids are made in this namespace: the same fact has the same id for ever."""


class FactKind(Enum):
    """The value is the name in the contract's enum, without its prefix."""

    SALE = "SALE"
    CREDIT_NOTE = "CREDIT_NOTE"
    CANCELLATION = "CANCELLATION"


KEY_PREFIX = {FactKind.SALE: "S", FactKind.CREDIT_NOTE: "R", FactKind.CANCELLATION: "X"}


@dataclass(frozen=True, slots=True)
class FactLine:
    """One line of a document; ``milli`` in thousandths, ``amount`` with tax where the fact's is included."""

    line_id: str
    sku: str
    title: str
    milli: int
    unit_price: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class FactPayment:
    """One tender; positive when the customer paid."""

    payment_id: str
    means: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Fact:
    """What is to be posted. ``amount`` is the whole: positive for a sale, negative for what was given back.

    ``lines`` and ``tax`` sum to ``amount`` where tax is not included, else the lines alone do. ``origin_key``
    is the external key of the sale that a credit note or cancellation takes back, empty when there is none.
    """

    kind: FactKind
    order_id: str
    reference: str
    """Number that people know the order or receipt by."""
    source_id: str
    """The order, return or cancellation in the mesh; makes the external key."""
    amount: Money
    tax: Money
    tax_included: bool
    customer_id: str
    customer_name: str
    location_id: str
    lines: Sequence[FactLine]
    payments: Sequence[FactPayment]
    happened_at: datetime
    origin_key: str = ""

    @property
    def external_key(self) -> str:
        """Key of the document in the ERP, the same at every try."""
        return f"{KEY_PREFIX[self.kind]}-{self.source_id}"

    @property
    def posting_id(self) -> UUID:
        """The same for every repeat of the same fact."""
        return uuid5(NAMESPACE, self.external_key)

    @property
    def customer_title(self) -> str:
        """How the customer's account is called."""
        return self.customer_name or self.customer_id or "Walk-in customer"

    @property
    def customer_key(self) -> str:
        """Walk-in customers share one account in the ERP."""
        return f"C-{self.customer_id}" if self.customer_id else "C-walk-in"


def whole_line(amount: Money) -> FactLine:
    """One line for what is left of a sale, where its own lines cannot be told apart any more."""
    return FactLine("rest", "", "Remainder of the sale", 1000, abs(amount), amount)


def taken_back(line: FactLine) -> FactLine:
    """The line of a sale on the document that takes it back."""
    return FactLine(line.line_id, line.sku, line.title, line.milli, line.unit_price, -line.amount)

"""A storefront's order and its state at one moment, as the storefront knows it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.sandbox.domain.amounts import part, tax_on, tax_within
from services.sandbox.domain.people import Address, Person
from services.sandbox.domain.trade import Line


class Payment(StrEnum):
    AUTHORIZED = "authorized"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class Restock(StrEnum):
    """What becomes of the goods of a refunded line."""

    RETURN = "return"
    """They came back and are sellable."""
    CANCEL = "cancel"
    """They never left."""
    NO_RESTOCK = "no_restock"
    """They stay with the customer or are worthless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """A line with the storefront's ids. ``variant_id`` is None for an article the storefront deleted."""

    line_id: int
    variant_id: int | None
    line: Line
    ships: bool = True
    """False for services and vouchers, which no parcel holds."""
    anonymous: bool = False
    """The merchant left the SKU empty; only the variant tells the product."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was bought; all amounts in micros of ``currency``."""

    order_id: int
    number: int
    reference: str
    """The source's own document: a basket or an invoice."""
    person: Person | None
    ships_to: Address
    region: str
    placed_at: datetime
    currency: str
    taxes_included: bool
    lines: tuple[OrderLine, ...]
    shipping: int
    presentment: str = ""
    """Currency the buyer saw, when it is not the shop's."""
    test: bool = False
    """The merchant tries the shop out: nobody wants the goods."""

    def tax_of(self, line: Line) -> int:
        compute = tax_within if self.taxes_included else tax_on
        return compute(line.net, line.tax_rate)

    @property
    def gross(self) -> int:
        return sum(line.line.gross for line in self.lines)

    @property
    def reduced(self) -> int:
        return sum(line.line.reduced for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(self.tax_of(line.line) for line in self.lines)

    @property
    def costs_less_than_nothing(self) -> bool:
        """Whether some article has a negative price: nobody could have ordered it."""
        return any(line.line.unit_price < 0 for line in self.lines)

    @property
    def total(self) -> int:
        """What the buyer pays."""
        added = 0 if self.taxes_included else self.tax
        return self.gross - self.reduced + self.shipping + added


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    """A parcel. ``lines`` are line ids with the quantity shipped, in thousandths."""

    fulfilment_id: int
    location_id: str
    at: datetime
    lines: tuple[tuple[int, int], ...]
    tracking: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLine:
    """Goods paid back; ``subtotal`` after reductions, ``tax`` contained in it or on top, as in the order."""

    refund_line_id: int
    ordered: OrderLine
    quantity_milli: int
    subtotal: int
    tax: int
    restock: Restock


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money paid back to the original tender. ``order_id`` may be of an order nobody has seen."""

    refund_id: int
    transaction_id: int
    parent_transaction_id: int
    order_id: int
    at: datetime
    currency: str
    taxes_included: bool
    lines: tuple[RefundLine, ...]
    shipping: int
    note: str

    @property
    def total(self) -> int:
        added = 0 if self.taxes_included else sum(line.tax for line in self.lines)
        return sum(line.subtotal for line in self.lines) + self.shipping + added


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState:
    """An order with all that happened to it until ``updated_at``; the later of two is the newer."""

    order: Order
    updated_at: datetime
    payment: Payment
    fulfilments: tuple[Fulfilment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    cancelled_at: datetime | None = None
    cancel_reason: str = ""

    @property
    def refunded(self) -> int:
        return sum(refund.total for refund in self.refunds)

    def shipped_of(self, line_id: int) -> int:
        """Thousandths of a line that left."""
        return sum(sent for parcel in self.fulfilments for line, sent in parcel.lines if line == line_id)

    def refunded_of(self, line_id: int) -> int:
        """Thousandths of a line that were paid back."""
        back = (line for refund in self.refunds for line in refund.lines)
        return sum(line.quantity_milli for line in back if line.ordered.line_id == line_id)

    def paid(self, at: datetime) -> "OrderState":
        return replace(self, updated_at=at, payment=Payment.PAID)

    def with_fulfilment(self, fulfilment: Fulfilment) -> "OrderState":
        """What is shipped is captured; what was paid back stays paid back."""
        captured = Payment.PAID if self.payment is Payment.AUTHORIZED else self.payment
        parcels = (*self.fulfilments, fulfilment)
        return replace(self, updated_at=fulfilment.at, payment=captured, fulfilments=parcels)

    def with_refund(self, refund: Refund) -> "OrderState":
        whole = self.refunded + refund.total == self.order.total
        return replace(
            self,
            updated_at=refund.at,
            payment=Payment.REFUNDED if whole else Payment.PARTIALLY_REFUNDED,
            refunds=(*self.refunds, refund),
        )

    def cancelled(self, at: datetime, reason: str) -> "OrderState":
        return replace(self, updated_at=at, cancelled_at=at, cancel_reason=reason)


def part_of_line(
    order: Order, ordered: OrderLine, quantity_milli: int, restock: Restock, refund_line_id: int
) -> RefundLine:
    """The whole or a part of a line, with its share of what was paid and of the tax, to the cent."""
    line = ordered.line
    return RefundLine(
        refund_line_id=refund_line_id,
        ordered=ordered,
        quantity_milli=quantity_milli,
        subtotal=part(line.net, quantity_milli, line.quantity_milli),
        tax=part(order.tax_of(line), quantity_milli, line.quantity_milli),
        restock=restock,
    )

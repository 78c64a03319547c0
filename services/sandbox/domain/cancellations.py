"""Cancellation documents that name no original: which order each of their lines belongs to.

A line belongs to the newest order of the same customer, placed before the document, that has the same article
at the same price in at least that quantity. Lines that match nothing were bought before the day: they become
the refund of an order that nobody has seen.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.sandbox.domain.messages import Kind
from services.sandbox.domain.orders import Order, OrderLine, OrderState, Refund, Restock
from services.sandbox.domain.parcels import Lack, is_short, lack_of
from services.sandbox.domain.stock import StockPlan
from services.sandbox.domain.storefront import Step, Storefront, state_of
from services.sandbox.domain.trade import Cancellation, Line


@dataclass(slots=True)
class Matching:
    """What is left of each ordered line, by line id, while documents are matched one after the other."""

    orders: Sequence[Order]
    left: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.left = {line.line_id: line.line.quantity_milli for order in self.orders for line in order.lines}

    def find(self, document: Cancellation, line: Line) -> tuple[Order, OrderLine] | None:
        if document.customer_id is None:
            return None
        for order in reversed(self.orders):
            if order.person is None or order.person.customer_id != document.customer_id:
                continue
            if order.placed_at < document.at:
                for ordered in order.lines:
                    if self._fits(ordered, line):
                        self.left[ordered.line_id] -= line.quantity_milli
                        return order, ordered
        return None

    def _fits(self, ordered: OrderLine, line: Line) -> bool:
        return (
            ordered.line.sku.upper() == line.sku.upper()
            and ordered.line.unit_price == line.unit_price
            and self.left[ordered.line_id] >= line.quantity_milli
        )


@dataclass(frozen=True, slots=True)
class Matched:
    """Refunds by order id, in the order of their documents, and the refunds of unseen orders."""

    refunds: dict[int, list[Refund]]
    unmatched: tuple[Refund, ...]


def match(storefront: Storefront, orders: Sequence[Order], documents: Iterable[Cancellation]) -> Matched:
    """``orders`` by the instant they were placed."""
    matching = Matching(orders)
    refunds: dict[int, list[Refund]] = defaultdict(list)
    unmatched: list[Refund] = []
    for document in documents:
        found: dict[int, tuple[Order, list[tuple[OrderLine, Line]]]] = {}
        lost: list[Line] = []
        for line in document.lines:
            hit = matching.find(document, line)
            if hit is None:
                lost.append(line)
            else:
                found.setdefault(hit[0].order_id, (hit[0], []))[1].append((hit[1], line))
        for order, lines in found.values():
            refunds[order.order_id].append(refund_of(storefront, order, document, lines))
        if lost:
            unmatched.append(refund_of_unseen(storefront, document, lost))
    return Matched(dict(refunds), tuple(unmatched))


def refund_of(
    storefront: Storefront, order: Order, document: Cancellation, lines: list[tuple[OrderLine, Line]]
) -> Refund:
    about = document.document_id
    back = [
        storefront.refund_line(
            order, ordered, line.quantity_milli, Restock.RETURN, f"{about}/{line.position}"
        )
        for ordered, line in lines
    ]
    return storefront.refund(order, document.at, back, 0, about, about=about)


def refund_of_unseen(storefront: Storefront, document: Cancellation, lines: list[Line]) -> Refund:
    """A refund whose order was placed before the day, made up from the refund's own lines."""
    about = f"before {document.document_id}"
    order = Order(
        order_id=storefront.dice.identity("order", about),
        number=0,
        reference=about,
        person=None,
        ships_to=storefront.guest_address(about, "", ""),
        region="",
        placed_at=document.at,
        currency=storefront.dataset.currency,
        taxes_included=storefront.dataset.taxes_included,
        lines=tuple(storefront.order_line(about, line) for line in lines),
        shipping=0,
    )
    return refund_of(storefront, order, document, list(zip(order.lines, lines, strict=True)))


def life_with(
    storefront: Storefront, order: Order, refunds: Sequence[Refund], stock: StockPlan
) -> list[Step]:
    """An order that leaves in one parcel, and is paid back by the documents that matched it.

    An order of which everything is paid back before it left is cancelled instead.
    """
    steps = [storefront.placed(order)]
    waits = lack_of(storefront.dice, order, stock) is Lack.ALL_WAITS
    if waits or storefront.is_doubtful(order):
        leaves_at = None
    else:
        leaves_at = order.placed_at + storefront.minutes(order, "parcel 0", 20, 150)
    for refund in refunds:
        if leaves_at and leaves_at < refund.at:
            ship(storefront, steps, leaves_at, stock)
            leaves_at = None
        pay_back(steps, refund)
    if leaves_at and state_of(steps[-1]).cancelled_at is None:
        ship(storefront, steps, leaves_at, stock)
    return steps


def ship(storefront: Storefront, steps: list[Step], at: datetime, stock: StockPlan) -> None:
    state = state_of(steps[-1])
    goods = [
        (line.line_id, line.line.quantity_milli - state.refunded_of(line.line_id))
        for line in state.order.lines
        if not is_short(line, stock)
    ]
    rest = [(line_id, quantity) for line_id, quantity in goods if quantity]
    if rest:
        place = storefront.warehouse_of(state.order)
        state = state.with_fulfilment(storefront.fulfilment(state.order, at, 0, place, rest))
        steps.append(Step(Kind.ORDER_UPDATED, at, state))


def pay_back(steps: list[Step], refund: Refund) -> None:
    state = state_of(steps[-1])
    if not state.fulfilments:
        kept = tuple(replace(line, restock=Restock.CANCEL) for line in refund.lines)
        refund = replace(refund, lines=kept)
    after = state.with_refund(refund)
    steps.append(Step(Kind.REFUND_CREATED, refund.at, refund))
    if not after.fulfilments and is_all_paid_back(after):
        closed = after.cancelled(refund.at, "customer")
        steps.append(Step(Kind.ORDER_CANCELLED, refund.at, closed))
    else:
        steps.append(Step(Kind.ORDER_UPDATED, refund.at, after))


def is_all_paid_back(state: OrderState) -> bool:
    return all(state.refunded_of(line.line_id) == line.line.quantity_milli for line in state.order.lines)

"""The storefront's side of the day: its orders, and the life of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.sandbox.domain.dice import Dice
from services.sandbox.domain.messages import Content, Kind
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.orders import (
    Fulfilment,
    Order,
    OrderLine,
    OrderState,
    Payment,
    Refund,
    RefundLine,
    Restock,
    part_of_line,
)
from services.sandbox.domain.parcels import Lack, is_short, lack_of, leaves_today, packed
from services.sandbox.domain.people import Address, Person, address_of
from services.sandbox.domain.places import Places
from services.sandbox.domain.stock import StockPlan
from services.sandbox.domain.trade import Basket, Dataset, Line, Unit

FIRST_NUMBER = 1001
CANCEL_REASONS = ("customer", "customer", "inventory", "fraud", "declined", "other")
ANONYMOUS_LINES = 15
"""Thousandths of lines whose SKU the merchant left empty."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event of an order's life. ``content`` is the order's state then, or the refund itself."""

    kind: Kind
    at: datetime
    content: Content


@dataclass(frozen=True, slots=True)
class Storefront:
    """Builds orders and their lives; the same dice give the same ids, instants and turns."""

    dice: Dice
    options: PlanOptions
    dataset: Dataset
    places: Places
    people: dict[str, Person]

    def order_of(self, basket: Basket, number: int) -> Order:
        region = self.places.region_of(basket.store)
        person = self.people.get(basket.customer_id or "")
        guest = self.guest_address(basket.basket_id, basket.country_code or region, basket.country)
        charged = not self.dataset.online_only and 0 < basket.net < self.options.free_shipping_from
        foreign = self.dice.chance("presentment", basket.basket_id, per_mille=self.options.presentment_share)
        return Order(
            order_id=self.dice.identity("order", basket.basket_id),
            number=FIRST_NUMBER + number,
            reference=basket.basket_id,
            person=person,
            ships_to=person.address if person else guest,
            region=region,
            placed_at=basket.at,
            currency=self.dataset.currency,
            taxes_included=self.dataset.taxes_included,
            lines=tuple(self.order_line(basket.basket_id, line) for line in basket.lines),
            shipping=self.options.shipping_fee if charged else 0,
            presentment="CAD" if foreign else "",
        )

    def guest_address(self, about: str, region: str, country: str) -> Address:
        return address_of(self.dice, about, region, country)

    def order_line(self, basket_id: str, line: Line) -> OrderLine:
        product = self.dataset.products.get(line.sku)
        about = ("line", basket_id, line.position)
        hidden = self.dice.chance("anonymous", *about, per_mille=ANONYMOUS_LINES)
        return OrderLine(
            line_id=self.dice.identity(*about),
            variant_id=product.variant_id if product else None,
            line=line,
            ships=product is None or product.stocked,
            anonymous=hidden and product is not None,
        )

    def life_of(self, order: Order, stock: StockPlan) -> list[Step]:
        """What happens to an order: payment, then cancellation or parcels, then perhaps a refund.

        A doubtful order stays as it was placed, and so does one that is never paid.
        """
        deferred = self._turn(order, "authorized", self.options.authorized_share)
        steps = [self.placed(order, Payment.AUTHORIZED if deferred else Payment.PAID)]
        if self.is_doubtful(order):
            return steps
        if deferred:
            if self._turn(order, "unpaid", self.options.unpaid_share):
                return steps
            self._pay(steps)
        if self._turn(order, "cancel", self.options.cancel_share):
            self._cancel(steps)
            return steps
        lack = lack_of(self.dice, order, stock)
        if lack is not Lack.ALL_WAITS and self._ship(steps, stock):
            self._refund(steps, stock, lack)
        return steps

    def placed(self, order: Order, payment: Payment = Payment.PAID) -> Step:
        state = OrderState(order=order, updated_at=order.placed_at, payment=payment)
        return Step(Kind.ORDER_CREATED, order.placed_at, state)

    def is_doubtful(self, order: Order) -> bool:
        """Whether the merchant must look at it before it is sent: unknown articles, goods without a price."""
        known = self.dataset.products
        return any(
            line.line.sku not in known or (line.ships and line.line.unit_price <= 0) for line in order.lines
        )

    def _turn(self, order: Order, about: str, share: int) -> bool:
        return self.dice.chance(about, order.reference, per_mille=share)

    def minutes(self, order: Order, about: str, least: int, most: int) -> timedelta:
        seconds = self.dice.number("seconds", about, order.reference, below=60 * (most - least))
        return timedelta(seconds=60 * least + seconds)

    def _pay(self, steps: list[Step]) -> None:
        state = state_of(steps[-1])
        at = state.updated_at + self.minutes(state.order, "pay", 2, 15)
        steps.append(Step(Kind.ORDER_UPDATED, at, state.paid(at)))

    def _cancel(self, steps: list[Step]) -> None:
        """A cancellation pays everything back, then says so: two messages that name one refund."""
        state = state_of(steps[-1])
        order = state.order
        at = state.updated_at + self.minutes(order, "cancel", 5, 45)
        lines = [
            self.refund_line(order, line, line.line.quantity_milli, Restock.CANCEL, "cancel")
            for line in order.lines
        ]
        refund = self.refund(order, at, lines, order.shipping, "cancelled", about="cancel")
        steps.append(Step(Kind.REFUND_CREATED, at, refund))
        reason = self.dice.one_of(CANCEL_REASONS, "cancel reason", order.reference)
        closed = state.with_refund(refund).cancelled(at + timedelta(seconds=2), reason)
        steps.append(Step(Kind.ORDER_CANCELLED, closed.updated_at, closed))

    def _ship(self, steps: list[Step], stock: StockPlan) -> bool:
        """Send what is there; answers whether all of it left on the day."""
        order = state_of(steps[-1]).order
        in_two = self._turn(order, "split", self.options.split_share)
        for number, (place, lines) in enumerate(
            packed(order, stock, self.warehouse_of(order), in_two=in_two)
        ):
            state = state_of(steps[-1])
            at = state.updated_at + self.minutes(order, f"parcel {number}", 20, 150)
            if not leaves_today(order, at):
                return False
            goods = [(line.line_id, line.line.quantity_milli) for line in lines]
            state = state.with_fulfilment(self.fulfilment(order, at, number, place, goods))
            steps.append(Step(Kind.ORDER_UPDATED, at, state))
        return True

    def warehouse_of(self, order: Order) -> str:
        return self.places.warehouse_of(order.region).location_id

    def fulfilment(
        self, order: Order, at: datetime, parcel: int, place: str, goods: Iterable[tuple[int, int]]
    ) -> Fulfilment:
        return Fulfilment(
            fulfilment_id=self.dice.identity("fulfilment", order.reference, parcel),
            location_id=place,
            at=at,
            lines=tuple(goods),
            tracking=f"1Z{self.dice.number('tracking', order.reference, parcel, below=10**16):016d}",
        )

    def _refund(self, steps: list[Step], stock: StockPlan, lack: Lack | None) -> None:
        """Pays back what could not be shipped; otherwise, now and then, one line that came back."""
        order = state_of(steps[-1]).order
        if lack is Lack.PAID_BACK:
            missing = [line for line in order.lines if is_short(line, stock)]
            lines = [self._whole(order, line, Restock.NO_RESTOCK) for line in missing]
            self._pay_back(steps, lines, "out of stock")
        elif lack is None and self._turn(order, "refund", self.options.refund_share):
            paid = tuple(line for line in order.lines if line.line.net > 0)
            back = self.dice.one_of(paid, "refunded line", order.reference)
            kept = self.dice.chance("kept", order.reference, per_mille=300)
            restock = Restock.NO_RESTOCK if kept else Restock.RETURN
            self._pay_back(steps, [self._piece(order, back, restock)], "customer return")

    def _whole(self, order: Order, line: OrderLine, restock: Restock) -> RefundLine:
        return self.refund_line(order, line, line.line.quantity_milli, restock, "refund")

    def _piece(self, order: Order, line: OrderLine, restock: Restock) -> RefundLine:
        quantity = line.line.quantity_milli
        one = 1000 if line.line.unit is Unit.PIECE else quantity
        return self.refund_line(order, line, min(one, quantity), restock, "refund")

    def _pay_back(self, steps: list[Step], lines: list[RefundLine], note: str) -> None:
        state = state_of(steps[-1])
        order = state.order
        at = state.updated_at + self.minutes(order, "refund", 10, 120)
        refund = self.refund(order, at, lines, 0, note, about="refund")
        steps.append(Step(Kind.REFUND_CREATED, at, refund))
        steps.append(Step(Kind.ORDER_UPDATED, at, state.with_refund(refund)))

    def refund_line(
        self, order: Order, line: OrderLine, quantity: int, restock: Restock, about: str
    ) -> RefundLine:
        identity = self.dice.identity("refund line", about, line.line_id)
        return part_of_line(order, line, quantity, restock, identity)

    def refund(
        self, order: Order, at: datetime, lines: Iterable[RefundLine], shipping: int, note: str, about: str
    ) -> Refund:
        return Refund(
            refund_id=self.dice.identity("refund", about, order.reference),
            transaction_id=self.dice.identity("transaction", about, order.reference),
            parent_transaction_id=self.dice.identity("payment", order.reference),
            order_id=order.order_id,
            at=at,
            currency=order.currency,
            taxes_included=order.taxes_included,
            lines=tuple(lines),
            shipping=shipping,
            note=note,
        )


def state_of(step: Step) -> OrderState:
    """The order's state after a step; only called after steps that carry one."""
    if not isinstance(step.content, OrderState):
        raise TypeError(f"a {step.kind} carries no state of the order")
    return step.content

"""Whatever happens to an order, in whatever order: nothing of it is lost, doubled or given away."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from libs.refusals import Refusal
from services.order.domain.cancelling import cancel
from services.order.domain.holding import check_again, hold
from services.order.domain.kinds import OrderState
from services.order.domain.returns import take_back
from services.order.domain.shipments import ship
from services.order.domain.sourcing import gain, lose, with_everything_short
from services.order.domain.states import Command
from services.order.domain.stock import (
    Allocation,
    Article,
    Issue,
    Promise,
    Receipt,
    Release,
    Reservation,
    Source,
)
from tests.builders.recorded_orders import (
    PIECE,
    a_new_line,
    a_new_order,
    a_recorded_order,
    an_order_line,
    given_back,
    sent,
)

PLACES = st.sampled_from(["W001", "S001", "S002"])
LINES = st.sampled_from(["1", "2"])
SOME = st.integers(1, 4000)


class Life(RuleBasedStateMachine):
    """An order of two lines, and inventory's own account of what it holds for the order."""

    def __init__(self) -> None:
        super().__init__()
        self.order = a_recorded_order(an_order_line("1", 3000), an_order_line("2", 2000))
        self.held = {("1", "W001"): 3000, ("2", "W001"): 2000}
        self.issued = {"1": 0, "2": 0}
        self.received = {"1": 0, "2": 0}
        self.number = 0

    def name(self) -> str:
        self.number += 1
        return str(self.number)

    def carry_out(self, instructions) -> None:
        """What inventory does; sourcing finds nothing until `stock_is_found`."""
        for it in instructions:
            match it:
                case Issue():
                    for one in it.goods:
                        self.issued[one.line_id] += one.milli
                        self.fulfil(one.line_id, it.location_id, one.milli)
                case Receipt():
                    assert all(one.milli > 0 for one in it.goods)
                case Release():
                    for line_id, place in list(self.held):
                        if line_id in (it.line_ids or (line_id,)) and place in (it.location_id or place,):
                            del self.held[line_id, place]

    def fulfil(self, line_id: str, place: str, milli: int) -> None:
        own = [key for key in self.held if key[0] == line_id]
        for key in sorted(own, key=lambda key: (key[1] != place, key[1])):
            taken = min(milli, self.held[key])
            self.held[key] -= taken
            milli -= taken
            if not self.held[key]:
                del self.held[key]

    def attempt(self, change) -> None:
        """A refused command leaves everything as it was."""
        try:
            self.order, instructions = change()
        except Refusal:
            return
        self.carry_out(instructions)

    @rule(line_id=LINES, milli=SOME, place=st.one_of(st.just(""), PLACES))
    def goods_are_sent(self, line_id, milli, place):
        shipment = sent((line_id, milli), location_id=place, shipment_id=self.name())
        self.attempt(lambda: ship(self.order, shipment))

    @rule(line_id=LINES, milli=SOME, amount=st.integers(0, 6_000_000))
    def goods_are_given_back(self, line_id, milli, amount):
        returned = given_back((line_id, milli), amount=amount, return_id=self.name())
        self.attempt(lambda: take_back(self.order, returned))

    @rule(line_id=LINES, place=PLACES, milli=SOME)
    def stock_is_found(self, line_id, place, milli):
        """Inventory promises before it knows whether the order still wants it."""
        line = self.order.line(line_id)
        wanted = min(milli, line.short) or milli
        self.held[line_id, place] = self.held.get((line_id, place), 0) + wanted
        source = Source(Reservation(self.name(), self.order.order_id, "shop", "", ()), "stock came in")
        promise = Promise((Allocation(line_id, "MILK", place, wanted, PIECE),), (), b"")
        gained, releases = gain(self.order, source, promise)
        self.order = gained or self.order
        self.carry_out(releases)

    @rule(line_id=LINES, place=PLACES)
    def goods_are_displaced(self, line_id, place):
        milli = self.held.pop((line_id, place), 0)
        lost = [Allocation(line_id, "MILK", place, milli, PIECE)] if milli else []
        self.order = lose(self.order, lost) or self.order

    @rule()
    def it_is_held(self):
        self.attempt(lambda: (hold(self.order) or self.order, []))

    @rule()
    def it_is_released(self):
        lines = [a_new_line("1", 3), a_new_line("2", 2)]
        articles = {"MILK": Article(PIECE, True)}

        def release():
            checked = check_again(self.order, a_new_order(*lines), articles, ())
            return with_everything_short(checked).after(Command.RELEASE), []

        self.attempt(release)

    @rule()
    def it_is_called_off(self):
        self.attempt(lambda: cancel(self.order) or (self.order, []))

    def promised(self):
        return {(it.line_id, it.location_id): it.milli for it in self.order.allocations}

    @invariant()
    def every_piece_is_accounted_for(self):
        for line in self.order.lines:
            promised = sum(line.promised.values())
            assert line.ordered == promised + line.short + line.shipped + line.cancelled
            assert 0 <= line.returned <= line.shipped
            assert min(promised, line.short, line.cancelled) >= 0
            assert all(milli > 0 for milli in line.promised.values())

    @invariant()
    def inventory_holds_what_the_order_believes_in(self):
        assert self.held == self.promised()

    @invariant()
    def what_was_sent_has_left_inventory(self):
        assert self.issued == {line.line_id: line.shipped for line in self.order.lines}

    @invariant()
    def no_more_money_is_given_back_than_was_paid(self):
        assert 0 <= self.order.refunded <= self.order.paid_amount

    @invariant()
    def the_state_agrees_with_the_lines(self):
        if self.order.state not in (OrderState.HELD, OrderState.CANCELLED):
            assert self.order.state == self.order.state_by_content
        assert (self.order.state == OrderState.HELD) == bool(self.order.hold_reasons)


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)

"""Orders and returns as facts whose parts sum to their amounts."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.money import Money
from libs.protos import money_to_proto
from retailmesh.order.v1 import order_pb2
from retailmesh.type.v1.quantity_pb2 import UNIT_PIECE, Quantity
from services.erp_gateway import convert
from services.erp_gateway.domain.facts import Fact, FactKind
from tests.builders.order_facts import (
    a_line,
    a_return,
    a_tender,
    an_order,
    order_id,
    received,
    usd,
    was_cancelled,
    was_placed,
    was_released,
    was_returned,
)


def facts_of(event):
    return [heard.fact for heard in convert.heard(received(event))]


def only(event) -> Fact:
    (fact,) = facts_of(event)
    return fact


def lines_total(fact):
    return Money.total((line.amount for line in fact.lines), fact.amount.currency)


cents = st.integers(0, 5_000_000)


def money(amount: int):
    return money_to_proto(Money("USD", amount * 10_000))


@st.composite
def orders(draw):
    lines = [
        a_line(number, total=money(draw(cents)), unit_price=money(draw(cents)))
        for number in range(draw(st.integers(1, 5)))
    ]
    return an_order(
        lines=lines,
        shipping_charge=money(draw(cents)),
        tax=money(draw(cents)),
        tax_included=draw(st.booleans()),
        total=money(draw(cents)),
    )


@given(orders())
@settings(deadline=None)
def test_the_lines_of_a_sale_sum_to_its_amount(order):
    fact = only(was_placed(order))
    on_top = Money.zero("USD") if fact.tax_included else fact.tax
    assert lines_total(fact) + on_top == fact.amount


@given(st.integers(1, 1_000_000), st.lists(st.integers(0, 1_000_000), max_size=4))
@settings(deadline=None)
def test_the_lines_of_a_credit_note_sum_to_its_amount(amount, shares):
    piece = Quantity(milli=1000, unit=UNIT_PIECE)
    lines = [order_pb2.ReturnedLine(line_id="L1", quantity=piece, amount=money(it)) for it in shares]
    fact = only(was_returned(a_return(amount=str(Decimal(amount) / 100), lines=lines)))
    assert lines_total(fact) == fact.amount == Money("USD", -amount * 10_000)


def test_a_sale_is_known_by_its_order_and_named_by_its_number():
    fact = only(was_placed(an_order(customer="C1")))
    assert (fact.external_key, fact.reference, fact.customer_key) == (f"S-{order_id(1)}", "#1", "C-C1")


def test_a_sale_without_a_customer_is_booked_on_one_account_for_all():
    fact = only(was_placed(an_order()))
    assert (fact.customer_key, fact.customer_title) == ("C-walk-in", "Walk-in customer")


def test_a_released_order_is_the_same_sale_as_a_placed_one():
    assert only(was_released(an_order())) == only(was_placed(an_order()))


def test_a_cancellation_takes_back_its_sale_without_paying_anything():
    fact = only(was_cancelled(an_order()))
    assert (fact.kind, fact.external_key) == (FactKind.CANCELLATION, f"X-{order_id(1)}")
    assert (fact.origin_key, fact.payments) == (f"S-{order_id(1)}", [])


def test_a_return_names_the_sale_it_takes_back():
    fact = only(was_returned(a_return()))
    assert (fact.external_key, fact.origin_key) == (f"R-{order_id(1)}-R1", f"S-{order_id(1)}")
    assert (fact.amount.text(), fact.tax.text()) == ("-10.00", "-0.70")


def test_returns_of_two_orders_may_have_the_same_id():
    first, second = (only(was_returned(a_return(number))) for number in (1, 2))
    assert first.posting_id != second.posting_id


def test_change_given_back_is_a_negative_payment():
    cash = order_pb2.TENDER_KIND_CASH
    tenders = [a_tender("40.00", "T1", cash), a_tender("-10.00", "T2", cash)]
    fact = only(was_placed(an_order(tenders=tenders)))
    paid = [(payment.means, payment.amount.text()) for payment in fact.payments]
    assert paid == [("cash", "40.00"), ("cash", "-10.00")]


def test_money_given_back_is_a_negative_payment_however_the_till_signs_it():
    for text in ("10.00", "-10.00"):
        fact = only(was_returned(a_return(tenders=[a_tender(text)])))
        assert [paid.amount.text() for paid in fact.payments] == ["-10.00"]


def test_an_order_that_is_held_or_refused_is_no_sale_yet():
    for state in (order_pb2.ORDER_STATE_HELD, order_pb2.ORDER_STATE_REFUSED):
        assert facts_of(was_placed(an_order(state=state))) == []


def test_a_return_of_nothing_makes_no_credit_note():
    assert facts_of(was_returned(a_return(amount="0.00", lines=[], tenders=[], tax=usd("0.00")))) == []

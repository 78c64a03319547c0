import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.order.domain.checks import adds_up, hold_reasons_of, refusal_reason_of, takes_stock
from services.order.domain.kinds import HoldReason, OrderKind, RefusalReason
from services.order.domain.new_order import order_id_of, paid_amount_of, refuse_malformed
from services.order.domain.refusals import CurrencyMixed, DuplicateLine
from services.order.domain.stock import Article
from tests.builders.recorded_orders import KILOGRAM, PIECE, a_new_line, a_new_order

CENT = 10_000
ARTICLES = {"MILK": Article(PIECE, True), "WRAP": Article(PIECE, False)}

cents = st.integers(min_value=1, max_value=10**7).map(lambda amount: amount * CENT)
baskets = st.lists(st.tuples(cents, st.integers(1, 50)), min_size=1, max_size=8)


def basket(prices):
    return [a_new_line(str(number), pieces, price) for number, (price, pieces) in enumerate(prices)]


@given(baskets, cents, cents, st.booleans())
def test_an_order_whose_amounts_agree_adds_up(prices, shipping, tax, included):
    lines = basket(prices)
    total = sum(line.total for line in lines) + shipping + (0 if included else tax)
    assert adds_up(a_new_order(*lines, shipping=shipping, tax=tax, tax_included=included, total=total))


@given(baskets, st.integers(min_value=2, max_value=10**6), st.sampled_from([1, -1]))
def test_an_order_that_is_off_by_more_than_a_cent_does_not_add_up(prices, off, sign):
    lines = basket(prices)
    assert not adds_up(a_new_order(*lines, total=sum(line.total for line in lines) + sign * off * CENT))


@given(baskets, st.sampled_from([CENT, -CENT, 1, 0]))
def test_a_cent_is_forgiven(prices, off):
    lines = basket(prices)
    assert adds_up(a_new_order(*lines, total=sum(line.total for line in lines) + off))


@given(st.integers(1, 2000), st.integers(1, 5000))
def test_a_unit_price_rounded_to_the_cent_is_no_mismatch(pieces, total_cents):
    price = round(total_cents / pieces) * CENT
    line = a_new_line(pieces=pieces, price=price, total=total_cents * CENT)
    assert adds_up(a_new_order(line))


@pytest.mark.parametrize(
    ("currency", "off", "agrees"),
    [("JPY", 1_000_000, True), ("JPY", 2_000_000, False), ("KWD", 1_000, True), ("KWD", 2_000, False)],
)
def test_what_is_forgiven_is_the_smallest_coin_of_the_currency(currency, off, agrees):
    order = a_new_order(currency=currency)
    assert adds_up(order._replace(total=order.total + off)) is agrees


def test_a_discount_lowers_the_line():
    assert adds_up(a_new_order(a_new_line(pieces=3, discount=1_000_000)))
    assert not adds_up(a_new_order(a_new_line(pieces=3, discount=1_000_000, total=7_500_000)))


@pytest.mark.parametrize(
    ("given", "reason"),
    [({"test": True}, RefusalReason.TEST_ORDER), ({"cancelled": True}, RefusalReason.ALREADY_CANCELLED)],
)
def test_what_is_no_order_is_refused_before_it_is_doubted(given, reason):
    assert refusal_reason_of(a_new_order(paid=False, **given)) == reason


def test_every_doubt_is_named_once():
    lines = [
        a_new_line("1", sku="", price=0),
        a_new_line("2", sku="UNHEARD-OF"),
        a_new_line("3", unit=KILOGRAM),
    ]
    order = a_new_order(*lines, total=1, paid=False)
    assert hold_reasons_of(order, ARTICLES, ()) == (
        HoldReason.UNKNOWN_PRODUCT,
        HoldReason.TOTALS_MISMATCH,
        HoldReason.PAYMENT_PENDING,
        HoldReason.PRICE_SUSPECT,
        HoldReason.STOCK_REFUSED,
    )


@pytest.mark.parametrize(
    ("paid", "tendered", "pending"), [(True, 0, False), (False, 2_500_000, False), (False, 2_499_999, True)]
)
def test_an_order_waits_for_its_payment_unless_it_is_paid_or_called_so(paid, tendered, pending):
    order = a_new_order(paid=paid, tendered=tendered)
    assert (HoldReason.PAYMENT_PENDING in hold_reasons_of(order, ARTICLES, ())) is pending


def test_a_till_does_not_wait_for_payment_and_must_be_somewhere():
    sale = a_new_order(kind=OrderKind.TILL_SALE, paid=False, location_id="S001")
    assert hold_reasons_of(sale, ARTICLES, {"S001"}) == ()
    assert hold_reasons_of(sale, ARTICLES, {"S002"}) == (HoldReason.UNKNOWN_LOCATION,)
    assert paid_amount_of(sale) == sale.total


@pytest.mark.parametrize(
    ("line", "takes"),
    [
        (a_new_line(), True),
        (a_new_line(stocked=False), False),
        (a_new_line(sku="WRAP"), False),
        (a_new_line(sku="UNHEARD-OF"), False),
        (a_new_line(unit=KILOGRAM), False),
    ],
)
def test_a_line_takes_stock_if_channel_and_master_data_agree(line, takes):
    assert takes_stock(line, ARTICLES) is takes


def test_lines_that_stand_twice_and_foreign_money_make_no_order():
    with pytest.raises(DuplicateLine):
        refuse_malformed(a_new_order(a_new_line("1"), a_new_line("1")))
    with pytest.raises(CurrencyMixed):
        refuse_malformed(a_new_order(currencies=frozenset({"USD", "EUR"})))


names = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64)


@given(names, st.text(min_size=1, max_size=128), names, st.text(min_size=1, max_size=128))
def test_two_channel_orders_never_share_an_id(channel, number, other_channel, other_number):
    same = (channel, number) == (other_channel, other_number)
    assert (order_id_of(channel, number) == order_id_of(other_channel, other_number)) is same

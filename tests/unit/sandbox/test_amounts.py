from hypothesis import given
from hypothesis import strategies as st

from services.sandbox.domain.amounts import (
    CENT,
    extended,
    measure_price,
    part,
    piece_price,
    tax_on,
    tax_within,
)

cents = st.integers(min_value=0, max_value=10**7)


@given(cents, st.integers(min_value=1, max_value=100))
def test_a_piece_price_is_the_smallest_that_covers_the_amount(amount, pieces):
    price = piece_price(amount * CENT, pieces)
    assert price % CENT == 0
    assert 0 <= price * pieces - amount * CENT < pieces * CENT


@given(st.integers(min_value=1, max_value=20_000), st.integers(min_value=1000, max_value=200_000))
def test_a_price_by_measure_extends_to_the_amount_again(amount, milli):
    assert extended(measure_price(amount * CENT, milli), milli) == amount * CENT


@given(cents, st.integers(min_value=0, max_value=3000))
def test_tax_within_an_amount_is_the_tax_on_what_is_left_to_the_cent(amount, rate):
    tax = tax_within(amount * CENT, rate)
    assert tax % CENT == 0
    assert abs(tax - tax_on(amount * CENT - tax, rate)) <= CENT


def test_tax_is_rounded_to_the_cent_halves_up():
    assert tax_on(250_000, 2000) == 50_000
    assert tax_on(125_000, 2000) == 30_000
    assert tax_within(1_070_000, 700) == 70_000


@given(cents, st.integers(min_value=1, max_value=50), st.data())
def test_the_part_of_an_amount_is_whole_for_the_whole_quantity(amount, whole, data):
    quantity = data.draw(st.integers(min_value=0, max_value=whole))
    share = part(amount * CENT, quantity, whole)
    assert share % CENT == 0
    assert part(amount * CENT, whole, whole) == amount * CENT
    assert 0 <= share <= amount * CENT

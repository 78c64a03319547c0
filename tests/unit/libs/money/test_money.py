import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.money import CurrenciesDiffer, MalformedAmount, Money, split_by_weight

micros = st.integers(min_value=-(10**15), max_value=10**15)
amounts = micros.map(lambda value: Money("USD", value))
weights = st.lists(st.integers(min_value=0, max_value=10**9), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.99", 12_990_000),
        ("-0.01", -10_000),
        ("+7", 7_000_000),
        ("0.000001", 1),
        ("5.00000000", 5_000_000),
        ("1000000000000", 10**18),
    ],
)
def test_decimal_text_is_read_exactly(text: str, expected: int) -> None:
    assert Money.parse(text, "USD") == Money("USD", expected)


@pytest.mark.parametrize(
    "text", ["", "1.", ".5", "1e3", "1,000", "0.0000001", "NaN", "１", " 1", "1\n", "9999999999999"]
)
def test_text_that_is_not_an_exact_amount_is_refused(text: str) -> None:
    with pytest.raises(MalformedAmount):
        Money.parse(text, "USD")


@pytest.mark.parametrize("code", ["usd", "US", "USDT", "", "US1", "ＵＳＤ"])
def test_a_malformed_currency_is_refused(code: str) -> None:
    with pytest.raises(MalformedAmount):
        Money(code, 0)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money("USD", 12_500_000), "12.50"),
        (Money("USD", -10_001), "-0.010001"),
        (Money("JPY", 500_000_000), "500"),
        (Money("JPY", 500_500_000), "500.5"),
        (Money("KWD", 1_000_000), "1.000"),
        (Money("EUR", 0), "0.00"),
    ],
)
def test_text_has_the_decimals_of_the_currency_and_more_only_when_needed(amount: Money, text: str) -> None:
    assert amount.text() == text


@given(amounts)
def test_text_reads_back_as_the_same_amount(amount: Money) -> None:
    assert Money.parse(amount.text(), "USD") == amount


@given(amounts, amounts)
def test_subtracting_what_was_added_gives_the_amount_back(left: Money, right: Money) -> None:
    assert (left + right) - right == left
    assert left + -left == Money.zero("USD")
    assert (left < right) == (right > left)


def test_amounts_of_two_currencies_never_meet() -> None:
    dollars, euros = Money("USD", 1), Money("EUR", 1)
    with pytest.raises(CurrenciesDiffer):
        dollars + euros
    with pytest.raises(CurrenciesDiffer):
        dollars < euros  # noqa: B015
    with pytest.raises(CurrenciesDiffer):
        Money.total([dollars, euros], "USD")
    assert dollars != euros


def test_multiplying_by_a_float_is_refused() -> None:
    with pytest.raises(TypeError):
        Money("USD", 1) * 1.5  # type: ignore[operator]


def test_a_total_of_nothing_is_zero() -> None:
    assert Money.total([], "EUR") == Money.zero("EUR")
    assert Money.total([Money("EUR", 2), Money("EUR", -5)], "EUR") == Money("EUR", -3)


def test_a_weighed_price_rounds_halves_away_from_zero() -> None:
    assert Money("USD", 3_990_000).times(420, 1000) == Money("USD", 1_675_800)
    assert Money("USD", 1).times(1, 2) == Money("USD", 1)
    assert Money("USD", -1).times(1, 2) == Money("USD", -1)
    assert Money("USD", 2).times(1, 5) == Money("USD", 0)


def test_rounding_is_to_the_smallest_coin_unless_told() -> None:
    assert Money("USD", 1_675_800).rounded() == Money("USD", 1_680_000)
    assert Money("JPY", 499_500_000).rounded() == Money("JPY", 500_000_000)
    assert Money("CHF", 1_675_800).rounded(50_000) == Money("CHF", 1_700_000)


@given(amounts, weights)
def test_the_shares_of_an_amount_sum_to_it(amount: Money, shares_of: list[int]) -> None:
    for unit in (1, 10_000):
        shares = amount.allocate(shares_of, unit)
        assert Money.total(shares, "USD") == amount
        assert all(share.micros * amount.micros >= 0 for share in shares)
        assert all(not share for share, weight in zip(shares, shares_of, strict=True) if weight == 0)


@given(micros, weights)
def test_a_share_is_never_a_whole_unit_off_its_proportion(total: int, parts: list[int]) -> None:
    for share, weight in zip(split_by_weight(total, parts), parts, strict=True):
        assert abs(share * sum(parts) - total * weight) < sum(parts)


def test_what_rounding_leaves_over_goes_to_the_earliest_of_equals() -> None:
    assert Money("USD", 100_000_000).allocate([1, 1, 1], 10_000) == [
        Money("USD", 33_340_000),
        Money("USD", 33_330_000),
        Money("USD", 33_330_000),
    ]


@pytest.mark.parametrize("bad", [[], [0, 0], [2, -1]])
def test_weights_that_cannot_share_are_refused(bad: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        Money("USD", 1).allocate(bad)

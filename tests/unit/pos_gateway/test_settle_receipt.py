from hypothesis import given
from hypothesis import strategies as st

from libs.money import Money
from services.pos_gateway.adapters.poslog import read_one
from services.pos_gateway.domain.receipts import TenderKind
from services.pos_gateway.domain.settle_receipt import EXCHANGE, problems_of, settle_receipt
from tests.builders.poslog import (
    a_coupon,
    a_file,
    a_link,
    a_receipt,
    a_return,
    a_sale,
    a_sold,
    a_tender,
    an_acs_line,
    an_acs_receipt,
    an_acs_tender,
)


def receipt_of(transaction):
    return read_one(a_file(transaction))


def settled(transaction):
    receipt = receipt_of(transaction)
    assert problems_of(receipt) == []
    return settle_receipt(receipt)


def fields(transaction):
    return [broken.field for broken in problems_of(receipt_of(transaction))]


def eur(text):
    return Money.parse(text, "EUR")


def test_a_sale_is_settled_as_it_stands():
    sale = settled(a_sale()).sale
    assert (sale.total, sale.tax, sale.tax_included) == (eur("2.99"), eur("0.48"), True)
    assert [line.total for line in sale.lines] == [eur("2.99")]


def test_what_the_till_took_off_a_line_is_a_discount_within_it():
    (line,) = settled(a_receipt(a_sold(amount="2.490"), a_tender("2.490"), total="2.49")).sale.lines
    assert (line.within, line.total) == (eur("0.50"), eur("2.49"))


def test_a_price_that_the_till_rounded_is_no_negative_discount():
    line = a_sold(quantity="3", price="1.660", amount="5.000")
    (sold,) = settled(a_receipt(line, a_tender("5.000"), total="5.00")).sale.lines
    assert (sold.within, sold.total) == (eur("0.00"), eur("5.00"))


def test_reductions_of_the_receipt_are_spread_over_its_lines_to_the_cent():
    lines = [a_sold(price="1.000", amount="1.000", number=number) for number in (1, 2, 3)]
    sale = settled(a_receipt(*lines, a_coupon("0.500"), a_tender("2.500"), total="2.50")).sale
    shares = [line.reductions[0].amount for line in sale.lines]
    assert sorted(share.text() for share in shares) == ["0.16", "0.17", "0.17"]
    assert Money.total((line.total for line in sale.lines), "EUR") == sale.total == eur("2.50")


def test_a_return_has_positive_money():
    (back,) = settled(a_return()).returns
    assert (back.amount, back.tax) == (eur("2.99"), eur("0.48"))
    assert [(one.kind, one.amount) for one in back.tenders] == [(TenderKind.CASH, eur("2.99"))]
    assert settled(a_return()).sale is None


def test_returns_of_two_receipts_are_two_returns_that_count_the_money_once():
    lines = [
        a_sold(quantity="-1", inside=a_link("16")),
        a_sold(number=2, quantity="-1", inside=a_link("99")),
        a_sold(number=4, quantity="-1", inside=a_link("16", 4)),
    ]
    transaction = a_receipt(*lines, a_tender("8.970", purpose="Refund"), total="-8.97", tax="-1.43")
    first, second = settled(transaction).returns
    assert (first.original.sequence, len(first.lines), first.amount) == ("16", 2, eur("5.98"))
    assert (second.original.sequence, len(second.lines), second.amount) == ("99", 1, eur("2.99"))
    assert (first.return_id, second.return_id) == ("30001-2024-04-01-17", "30001-2024-04-01-17#2")
    assert (first.tax, second.tax, second.tenders) == (eur("1.43"), eur("0.00"), ())


def test_goods_brought_back_pay_for_goods_taken_along():
    lines = [a_sold(), a_sold("4711", number=2, quantity="-1", price="1.000", amount="1.000")]
    both = settled(a_receipt(*lines, a_tender("1.990"), total="1.99"))
    (back,) = both.returns
    assert both.sale.total == eur("2.99")
    assert [(one.tender_id, one.amount) for one in both.sale.tenders] == [
        ("3", eur("1.99")),
        (EXCHANGE, eur("1.00")),
    ]
    assert [(one.tender_id, one.amount) for one in back.tenders] == [(EXCHANGE, eur("1.00"))]


def test_the_till_pays_out_what_goods_taken_along_leave():
    lines = [a_sold(price="1.000", amount="1.000"), a_sold("4711", number=2, quantity="-1")]
    both = settled(a_receipt(*lines, a_tender("1.990", purpose="Refund"), total="-1.99", tax="-0.30"))
    (back,) = both.returns
    assert [(one.tender_id, one.amount) for one in both.sale.tenders] == [(EXCHANGE, eur("1.00"))]
    assert [one.amount for one in back.tenders] == [eur("1.00"), eur("1.99")]
    assert back.amount == eur("2.99")


def test_tax_on_top_of_prices_is_noticed():
    receipt = an_acs_receipt(
        an_acs_line("10.00", price="10.00"), an_acs_tender("10.60"), total="10.60", tax="0.60"
    )
    sale = settled(receipt).sale
    assert (sale.tax_included, sale.total.text(), sale.tax.text()) == (False, "10.60", "0.60")


def test_amounts_may_be_off_by_the_smallest_coin_and_no_more():
    assert fields(a_receipt(a_sold(), a_tender(), total="3.00")) == []
    assert fields(a_receipt(a_sold(), a_tender("3.010"), total="3.01")) == ["Total"]
    assert fields(a_receipt(a_sold(), a_tender("3.010"))) == ["Tender"]


def test_more_reduced_than_sold_does_not_add_up():
    assert "Discount" in fields(a_receipt(a_sold(), a_coupon("3.000"), a_tender("-0.010"), total="-0.01"))


def test_a_receipt_over_nothing_needs_no_tender():
    gift = a_receipt(a_sold(price="2.990", amount="2.990"), a_coupon("2.990"), total="0.00", tax="0.00")
    assert settled(gift).sale.total == eur("0.00")


@given(
    st.lists(st.integers(min_value=0, max_value=50_000), min_size=1, max_size=12),
    st.integers(min_value=1, max_value=9_999),
)
def test_no_cent_is_lost_or_invented_by_spreading_a_coupon(cents, coupon):
    coupon = min(coupon, sum(cents))
    if not coupon:
        return
    lines = [
        a_sold(price=f"{c / 100:.2f}", amount=f"{c / 100:.2f}", number=place)
        for place, c in enumerate(cents, 1)
    ]
    left = sum(cents) - coupon
    tender = [a_tender(f"{left / 100:.2f}", number=99)] if left else []
    sale = settled(
        a_receipt(*lines, a_coupon(f"{coupon / 100:.2f}"), *tender, total=f"{left / 100:.2f}")
    ).sale
    assert Money.total((line.total for line in sale.lines), "EUR") == Money("EUR", left * 10_000)
    assert all(line.total.micros >= 0 for line in sale.lines)

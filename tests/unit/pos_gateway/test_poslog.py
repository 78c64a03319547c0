from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from libs.intake import Unreadable
from libs.money import Money
from services.pos_gateway.adapters.poslog import read_one, transaction_of
from services.pos_gateway.adapters.poslog_xml import transactions_of
from services.pos_gateway.domain.receipts import (
    Control,
    Identifier,
    Kind,
    Receipt,
    ReceiptKey,
    Scheme,
    StockDocument,
    TenderKind,
    Unit,
)
from services.pos_gateway.domain.settle_receipt import problems_of
from tests.builders.poslog import (
    NEW,
    a_change,
    a_control,
    a_correction,
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
    an_acs_reward,
    an_acs_tender,
)

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "samples" / "poslog"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the real samples are not here")


def one(transaction, **file):
    return read_one(a_file(transaction, **file))


def receipt_in(transaction, **file):
    receipt = one(transaction, **file)
    assert isinstance(receipt, Receipt)
    assert problems_of(receipt) == []
    return receipt


def problems_in(transaction):
    with pytest.raises(Unreadable) as refused:
        one(transaction)
    return {problem.field: problem.rule for problem in refused.value.problems}


def eur(text):
    return Money.parse(text, "EUR")


def test_a_sale_is_read():
    receipt = receipt_in(a_sale("0017"))
    (line,) = receipt.sold
    assert receipt.key == ReceiptKey("300", "30001", date(2024, 4, 1), "17")
    assert (receipt.kind, receipt.number, receipt.currency) == (Kind.SALE, "R-0017", "EUR")
    assert receipt.at == datetime(2024, 4, 1, 15, 6, 56, 741000, tzinfo=UTC)
    assert (receipt.total, receipt.tax) == (eur("2.99"), eur("0.48"))
    assert (line.line_id, line.milli, line.unit) == ("1", 1000, Unit.PIECE)
    assert (line.unit_price, line.amount, line.title) == (eur("2.99"), eur("2.99"), "An article")
    assert [(tender.kind, tender.amount) for tender in receipt.tenders] == [(TenderKind.CASH, eur("2.99"))]


def test_both_namespaces_read_alike():
    assert receipt_in(a_sale(), namespace=NEW) == receipt_in(a_sale())


def test_a_barcode_is_tried_as_such_first_and_a_short_code_as_the_chains_own():
    by_barcode, by_code = receipt_in(
        a_receipt(a_sold(), a_sold("4711", number=2), a_tender("5.980"), total="5.98")
    ).sold
    assert by_barcode.names[0] == Identifier(Scheme.GTIN, "4025929673704")
    assert by_code.names == (Identifier(Scheme.SKU, "4711"), Identifier(Scheme.TILL_PLU, "4711"))


def test_a_serial_number_is_another_name_of_the_article():
    (line,) = receipt_in(
        a_receipt(a_sold("4711", inside="<SerialNumber>00025929673704</SerialNumber>"), a_tender())
    ).sold
    assert Identifier(Scheme.GTIN, "00025929673704") in line.names


@pytest.mark.parametrize(
    ("quantity", "unit", "milli", "kept"),
    [
        ("0.42", "KGM", 420, Unit.KILOGRAM),
        ("12.3456", "LTR", 12346, Unit.LITRE),
        ("3", "EA", 3000, Unit.PIECE),
        ("2", "BOX", 2000, Unit.PIECE),
        ("1.5000", "MTR", 1500, Unit.METRE),
    ],
)
def test_quantities_are_kept_in_thousandths_of_their_unit(quantity, unit, milli, kept):
    (line,) = receipt_in(a_receipt(a_sold(quantity=quantity, unit=unit), a_tender())).sold
    assert (line.milli, line.unit) == (milli, kept)


def test_change_is_taken_off_what_was_laid_down():
    receipt = receipt_in(a_receipt(a_sold(), a_tender("5.000"), a_change("2.010")))
    assert [tender.amount for tender in receipt.tenders] == [eur("5.00"), eur("-2.01")]


def test_change_of_a_cent_is_not_lost_in_the_tolerance():
    receipt = receipt_in(a_receipt(a_sold(), a_tender("3.000"), a_change("0.010")))
    assert len(receipt.tenders) == 2


def test_several_tenders_are_kept_apart():
    receipt = receipt_in(
        a_receipt(a_sold(), a_tender("1.990"), a_tender("1.000", number=4, kind="CreditDebit"))
    )
    assert [(tender.tender_id, tender.kind) for tender in receipt.tenders] == [
        ("3", TenderKind.CASH),
        ("4", TenderKind.CARD),
    ]


def test_a_return_is_a_negative_quantity_with_positive_money():
    receipt = receipt_in(a_return())
    (back,) = receipt.returned
    assert (receipt.kind, receipt.sold, receipt.total) == (Kind.RETURN, (), eur("-2.99"))
    assert (back.line.milli, back.line.amount, back.original, back.restock) == (1000, eur("2.99"), None, True)
    assert [tender.amount for tender in receipt.tenders] == [eur("-2.99")]


def test_a_return_element_is_a_return_whatever_its_sign():
    line = a_sold(element="Return")
    receipt = receipt_in(a_receipt(line, a_tender(purpose="Refund"), total="-2.99", tax="-0.48"))
    assert len(receipt.returned) == 1


def test_a_linked_return_names_the_line_it_was_sold_on():
    (back,) = receipt_in(a_return(link=a_link("0016", 4))).returned
    assert back.original == ReceiptKey("300", "30002", date(2024, 4, 1), "16")
    assert back.original_line == "4"


def test_a_link_in_the_other_makes_words_is_the_same_link():
    link = (
        "<TransactionLink><TransactionID>16</TransactionID><BusinessUnit>300</BusinessUnit>"
        "<WorkstationID>30002</WorkstationID><BusinessDayDate><Date>2024-04-01</Date></BusinessDayDate>"
        "<SequenceNumber>16</SequenceNumber><LineItemSequenceNumber>4</LineItemSequenceNumber></TransactionLink>"
    )
    (back,) = receipt_in(a_return(link=link)).returned
    assert back.original == ReceiptKey("300", "30002", date(2024, 4, 1), "16")


def test_a_link_to_a_suspended_receipt_is_no_return():
    resumed = a_link().replace("<TransactionLink>", '<TransactionLink ReasonCode="Resume">')
    (back,) = receipt_in(a_return(link=resumed)).returned
    assert back.original is None


def test_a_mixed_receipt_has_both():
    lines = [a_sold(), a_sold("4711", number=2, quantity="-1", price="1.000", amount="1.000")]
    receipt = receipt_in(a_receipt(*lines, a_tender("1.990"), total="1.99"))
    assert (len(receipt.sold), len(receipt.returned), receipt.kind) == (1, 1, Kind.SALE)


def test_coupons_below_the_lines_are_reductions_of_the_receipt():
    receipt = receipt_in(a_receipt(a_sold(), a_coupon("0.500"), a_tender("2.490"), total="2.49"))
    assert [(one.promotion_id, one.amount) for one in receipt.reductions] == [("spring", eur("0.50"))]


def test_a_void_of_either_make_takes_back_the_line_before():
    void = ' VoidFlag="true"'
    for quantity, amount in (("-1", "-2.99"), ("1", "2.99")):
        lines = [
            a_sold(),
            a_sold(number=2),
            a_sold(number=3, quantity=quantity, amount=amount, attributes=void),
        ]
        receipt = receipt_in(a_receipt(*lines, a_tender()))
        assert [line.line_id for line in receipt.sold] == ["1"]


def test_a_void_of_a_part_leaves_the_rest():
    lines = [
        a_sold(quantity="3", amount="8.97"),
        a_sold(number=2, quantity="1", amount="2.99", attributes=' VoidFlag="true"'),
    ]
    (line,) = receipt_in(a_receipt(*lines, a_tender("5.980"), total="5.98")).sold
    assert (line.milli, line.amount) == (2000, eur("5.98"))


def test_a_receipt_that_voids_all_of_itself_is_control():
    lines = [a_sold(), a_sold(number=2, quantity="-1", amount="-2.99", attributes=' VoidFlag="true"')]
    voided = one(a_receipt(*lines, total="0.00", tax="0.00"))
    assert isinstance(voided, Control)
    assert voided.reason == "nothing sold"


@pytest.mark.parametrize("status", ["Voided", "Suspended", "PostVoided", "Cancelled"])
def test_a_receipt_that_was_not_finished_is_control(status):
    assert isinstance(one(a_receipt(a_sold(), status=f' TransactionStatus="{status}"')), Control)


def test_a_receipt_of_a_training_is_control():
    training = a_sale().replace("<Transaction>", '<Transaction TrainingModeFlag="true">')
    assert one(training).reason == "training"


def test_control_transactions_are_read_as_such():
    control = one(a_control())
    assert isinstance(control, Control)
    assert (control.key.store, control.reason) == ("300", "Valid SignOn")
    assert control.at.tzinfo is None


def test_lines_that_share_a_number_stay_two_lines():
    receipt = receipt_in(a_receipt(a_sold(), a_sold(), a_tender("5.980"), total="5.98"))
    assert [line.line_id for line in receipt.sold] == ["1", "1.2"]


def test_gaps_in_numbers_are_kept():
    receipt = receipt_in(a_receipt(a_sold(number=11), a_sold(number=14), a_tender("5.980"), total="5.98"))
    assert [line.line_id for line in receipt.sold] == ["11", "14"]


def test_vendor_elements_of_the_standards_names_are_not_mistaken():
    vendor = '<Sale xmlns="urn:example:vendor"><ExtendedAmount>99</ExtendedAmount></Sale>'
    (line,) = receipt_in(a_receipt(a_sold(inside=vendor), a_tender())).sold
    assert line.amount == eur("2.99")


def test_a_correction_of_stock_is_read_with_its_sign():
    document = one(a_correction(("85123A", "-3"), ("M", "2.000")))
    assert isinstance(document, StockDocument)
    assert (document.counted, document.document_id) == (False, "D-7")
    assert [(change.milli, change.reason) for change in document.changes] == [
        (-3000, "damages"),
        (2000, "damages"),
    ]


def test_a_count_of_stock_is_a_count():
    document = one(a_correction(("85123A", "0"), kind="InventoryCount"))
    assert document.counted
    assert [change.milli for change in document.changes] == [0]


def test_a_weighed_line_without_a_unit_is_in_kilograms():
    line = an_acs_line(quantity="0.42", price="2.99", attributes=' acs:weightItem="true"')
    (sold,) = receipt_in(an_acs_receipt(line, an_acs_tender("1.26"), total="1.26")).sold
    assert (sold.milli, sold.unit, sold.amount.text()) == (420, Unit.KILOGRAM, "1.26")


def test_a_reward_counts_once_although_it_is_listed_twice():
    receipt = receipt_in(
        an_acs_receipt(
            an_acs_line(),
            an_acs_tender("1.07"),
            an_acs_reward("1", number=4, detail=True, summary=True, category="CustomOffer"),
            an_acs_reward("-0.19", number=5, detail=True, summary=False),
            an_acs_reward("-0.19", number=8, detail=False, summary=True),
        )
    )
    assert [one.amount.text() for one in receipt.reductions] == ["0.19"]


def test_change_written_as_a_negative_tender_is_not_taken_off_twice():
    change = "<TenderChange><Amount>3.74</Amount></TenderChange>"
    receipt = receipt_in(
        an_acs_receipt(an_acs_line(), an_acs_tender("5.00"), an_acs_tender("-3.74", 3, change), total="1.26")
    )
    assert [tender.amount.text() for tender in receipt.tenders] == ["5.00", "-3.74"]


def test_a_deposit_paid_out_is_money_back_without_goods_on_the_shelf():
    deposit = an_acs_line("-2.00", number=2, price="2.00", kind="acs:NegativeItem", code="9")
    receipt = receipt_in(
        an_acs_receipt(an_acs_line("5.00", price="5.00"), deposit, an_acs_tender("3.00"), total="3.00")
    )
    assert [(one.line.amount.text(), one.restock) for one in receipt.returned] == [("2.00", False)]


def test_a_time_without_a_zone_is_left_to_the_store():
    receipt = receipt_in(an_acs_receipt(an_acs_line(), an_acs_tender("1.26"), total="1.26"))
    assert receipt.at == datetime(2024, 4, 1, 23, 30)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("transaction", "field", "rule"),
    [
        (a_receipt(a_sold(price="-2.99")), "LineItem[1]/Sale/RegularSalesUnitPrice", "must not be negative"),
        (a_receipt(a_sold(amount="-2.99")), "LineItem[1]/Sale/ExtendedAmount", "must not be negative"),
        (a_receipt(a_sold(amount="two")), "LineItem[1]/Sale/ExtendedAmount", "must be a decimal amount"),
        (a_receipt(a_sold(quantity="some")), "LineItem[1]/Sale/Quantity", "must be a decimal number"),
        (a_receipt(a_sold(quantity="0")), "LineItem[1]/Sale/Quantity", "must not be zero"),
        (a_receipt(a_sold(), a_tender("x")), "LineItem[2]/Tender/Amount", "must be a decimal amount"),
        (a_receipt(a_sold(), total="x"), "Total[TransactionGrandAmount]", "must be a decimal amount"),
    ],
)
def test_a_broken_line_is_named_with_its_rule(transaction, field, rule):
    found = {name.removeprefix("RetailTransaction/"): text for name, text in problems_in(transaction).items()}
    assert found == {field: rule}


def test_all_broken_lines_are_named_at_once():
    found = problems_in(a_receipt(a_sold(price="-1"), a_sold(), a_sold(quantity="x")))
    assert list(found) == [
        "RetailTransaction/LineItem[1]/Sale/RegularSalesUnitPrice",
        "RetailTransaction/LineItem[3]/Sale/Quantity",
    ]


@pytest.mark.parametrize(
    ("missing", "field"),
    [
        ("<SequenceNumber>17</SequenceNumber>", "SequenceNumber"),
        ("<BusinessDayDate>2024-04-01</BusinessDayDate>", "BusinessDayDate"),
        ('<WorkstationID TypeCode="POS">30001</WorkstationID>', "WorkstationID"),
        ('<UnitID Name="A store">300</UnitID>', "BusinessUnit/UnitID"),
    ],
)
def test_a_transaction_without_its_name_is_refused(missing, field):
    assert problems_in(a_sale().replace(missing, "")) == {field: "is required"}


def test_a_receipt_without_any_currency_is_refused():
    without = a_sale().replace(' Currency="EUR"', "").replace(' CurrencyCode="EUR"', "")
    assert problems_in(without) == {"CurrencyCode": "is required"}


def test_a_document_of_two_transactions_is_not_one():
    with pytest.raises(Unreadable):
        read_one(a_file(a_sale(), a_sale("18")))


# ---- the real files, where they are at hand


@needs_samples
@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.xml")), ids=lambda path: path.stem)
def test_every_real_transaction_is_read_and_adds_up(path):
    for transaction in transactions_of(path.read_bytes()):
        read = transaction_of(transaction)
        if isinstance(read, Receipt):
            assert problems_of(read) == []


@needs_samples
def test_the_real_return_of_a_poncho():
    (transaction,) = transactions_of((SAMPLES / "roqqio_6.0_retoure.xml").read_bytes())
    receipt = transaction_of(transaction)
    (back,) = receipt.returned
    assert receipt.key.text == "300/30001/2024-09-26/1888"
    assert (receipt.total, receipt.tax) == (eur("-2.99"), eur("-0.48"))
    assert (back.line.names[0].value, back.line.milli, back.original) == ("4025929673704", 1000, None)
    assert receipt.customer_id == "22000129"


@needs_samples
def test_the_real_apples_of_2017():
    sign_on, apples = map(transaction_of, transactions_of((SAMPLES / "ncr_acs_2.1_small.xml").read_bytes()))
    assert isinstance(sign_on, Control)
    (line,) = apples.sold
    assert (line.milli, line.unit, line.amount.text()) == (420, Unit.KILOGRAM, "1.26")
    assert (apples.total.text(), [one.amount.text() for one in apples.reductions]) == ("1.07", ["0.19"])
    assert [(tender.kind, tender.amount.text()) for tender in apples.tenders] == [(TenderKind.CARD, "1.07")]

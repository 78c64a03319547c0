import hmac
from decimal import Decimal

import pytest
from lxml import etree

from services.sandbox.adapters.entity_bomb import entity_bomb
from services.sandbox.adapters.poslog_file import correction_file
from services.sandbox.domain.messages import Defect, Kind
from services.sandbox.domain.receipts import CorrectionFile, ReceiptKind
from services.sandbox.domain.trade import Correction, Unit
from tests.builders.outside_world import (
    DAY,
    NOON,
    basket,
    dataset,
    day,
    deliveries,
    line,
    product,
    till_files,
)

OLD = "http://www.nrf-arts.org/IXRetail/namespace/"
NEW = "http://www.nrf-arts.org/IXRetail/v6.0.0/poslog"


@pytest.fixture(scope="module")
def planned():
    return day(storefront_share=100, return_share=200)


@pytest.fixture(scope="module")
def transactions(planned):
    return [transaction for _, root in till_files(planned) for transaction in root.findall("{*}Transaction")]


@pytest.fixture(scope="module")
def retail(transactions):
    return [one for one in transactions if one.find("{*}RetailTransaction") is not None]


def amounts(top, path):
    return [Decimal(element.text) for element in top.iterfind(path)]


def total(transaction, kind):
    return Decimal(transaction.findtext(f".//{{*}}Total[@TotalType='{kind}']"))


def is_return(transaction):
    return any(quantity < 0 for quantity in amounts(transaction, ".//{*}Quantity"))


def test_lines_less_coupons_are_what_is_paid(retail):
    for transaction in retail:
        sign = -1 if is_return(transaction) else 1
        lines = sum(amounts(transaction, ".//{*}Sale/{*}ExtendedAmount"))
        coupons = sum(amounts(transaction, ".//{*}Discount/{*}Amount"))
        paid = sum(amounts(transaction, ".//{*}Tender/{*}Amount"))
        change = sum(amounts(transaction, ".//{*}TenderChange/{*}TenderChange/{*}Amount"))
        grand = total(transaction, "TransactionGrandAmount")
        assert sign * (lines - coupons) == sign * (paid - change) == grand
        assert (
            total(transaction, "TransactionNetAmount") + total(transaction, "TransactionTaxAmount") == grand
        )


def test_a_lines_amount_is_price_times_quantity_less_its_own_reduction(retail):
    for sale in (sale for one in retail for sale in one.iterfind(".//{*}Sale")):
        price = Decimal(sale.findtext("{*}RegularSalesUnitPrice"))
        quantity = abs(Decimal(sale.findtext("{*}Quantity")))
        reduction = Decimal(sale.findtext("{*}ExtendedDiscountAmount"))
        assert price * quantity - reduction == Decimal(sale.findtext("{*}ExtendedAmount"))


def test_both_makes_of_till_are_in_the_chain(planned):
    assert {root.nsmap[None] for _, root in till_files(planned)} == {OLD, NEW}


def test_the_key_of_each_transaction_is_written_once(planned, transactions):
    keys = [
        (
            one.findtext("{*}BusinessUnit/{*}UnitID"),
            one.findtext("{*}WorkstationID"),
            one.findtext("{*}SequenceNumber"),
            one.findtext("{*}BusinessDayDate"),
        )
        for one in transactions
    ]
    assert set(keys) == {
        (r.store, r.till, str(r.sequence), str(r.business_date)) for r in planned.truth.receipts
    }


def test_a_return_has_a_refund_tender_and_negative_totals(retail):
    returns = [one for one in retail if is_return(one)]
    assert returns
    for transaction in returns:
        tender = transaction.find(".//{*}Tender")
        assert tender.get("TypeCode") == "Refund"
        assert Decimal(tender.findtext("{*}Amount")) > 0
        assert total(transaction, "TransactionGrandAmount") < 0
        assert all(amount > 0 for amount in amounts(transaction, ".//{*}ExtendedAmount"))


def test_a_return_with_its_receipt_names_the_line_that_was_sold(planned, retail):
    sold = {
        (r.store, r.till, str(r.sequence), str(line.position))
        for r in planned.truth.receipts
        if r.kind is ReceiptKind.SALE
        for line in r.lines
    }
    links = [link for one in retail for link in one.iterfind(".//{*}TransactionLink")]
    assert links
    for link in links:
        unit = link.findtext("{*}BusinessUnit/{*}UnitID") or link.findtext("{*}BusinessUnit")
        found = [link.findtext(f"{{*}}{name}") for name in ("WorkstationID", "SequenceNumber")]
        assert (unit, *found, link.findtext("{*}LineItemSequenceNumber")) in sold


def test_some_returns_come_without_a_receipt(planned):
    returns = [r for r in planned.truth.receipts if r.kind is ReceiptKind.RETURN]
    assert {bool(r.originals) for r in returns} == {True, False}


def test_nothing_is_sold_in_a_control_transaction(transactions):
    control = [one for one in transactions if one.find("{*}ControlTransaction") is not None]
    assert control
    assert not any(one.findall(".//{*}Sale") for one in control)


def test_articles_are_named_by_barcode_or_by_sku(planned):
    for _, root in till_files(planned):
        for sale in root.iterfind(".//{*}Sale"):
            code = sale.findtext("{*}ItemID")
            if root.nsmap[None] == OLD:
                assert code.isdecimal()
                assert len(code) == 13
            else:
                assert code.startswith("SKU-")
                assert len(sale.findtext("{*}SerialNumber[@Type='GTIN']")) == 14


def test_goods_sold_by_measure_have_three_decimals_and_their_unit():
    petrol = product(7, unit=Unit.LITRE, gtin="", plu="7")
    sale = line(1, 7, unit=Unit.LITRE, quantity_milli=59_424, unit_price=589_000, gross=35_000_000)
    for store in ("300", "301"):
        planned = day(data=dataset([basket(1, [sale], store=store)], products={"SKU-7": petrol}))
        element = till_files(planned)[0][1].find(".//{*}Sale")
        quantity = element.find("{*}Quantity")
        assert Decimal(quantity.text) == Decimal("59.424")
        assert quantity.get("UnitOfMeasureCode") == "LTR"
        assert Decimal(element.findtext("{*}ExtendedAmount")) == 35


def test_voided_positions_leave_gaps(planned):
    gaps = 0
    for _, root in till_files(planned):
        for body in root.iterfind(".//{*}RetailTransaction"):
            numbers = [int(item.findtext("{*}SequenceNumber")) for item in body.iterfind("{*}LineItem")]
            assert numbers == sorted(set(numbers))
            gaps += numbers[0] > 1
    assert gaps


def test_files_are_signed_and_named_by_till_and_hour(planned):
    for message, delivery in deliveries(planned):
        if message.kind is not Kind.TILL_FILE:
            continue
        assert delivery.headers["X-Till-Token"] == hmac.digest(b"quiet", delivery.body, "sha256").hex()
        file = message.content
        assert delivery.url.startswith(f"http://tills/poslog/{file.store}/{file.till}/POSLog_{file.store}_")
        assert (f"_R{file.copy}.xml" in delivery.url) is bool(file.copy)


def test_an_entity_bomb_is_small_and_would_become_huge():
    bomb = entity_bomb("30001")
    assert len(bomb) < 2000
    with pytest.raises(etree.XMLSyntaxError):
        etree.fromstring(bomb)


def test_a_cut_off_file_is_no_xml_and_is_named_like_the_intact_one(planned):
    sent = deliveries(planned)
    cut_off = [(m, d) for m, d in sent if m.defect is Defect.TRUNCATED_BODY and m.kind is Kind.TILL_FILE]
    assert cut_off
    for message, delivery in cut_off:
        with pytest.raises(etree.XMLSyntaxError):
            etree.fromstring(delivery.body)
        intact = [d for m, d in sent if m.content == message.content and m.defect is None]
        assert any(d.url == delivery.url for d in intact)


def test_corrections_are_inventory_transactions_with_a_signed_quantity():
    rows = [
        Correction(document_id=f"5370{n}", at=NOON, sku="21777", quantity_milli=milli, reason="damages")
        for n, milli in enumerate((-10_000, 5_000))
    ]
    file = CorrectionFile(
        location_id="GB01", till="GB0100", hour=NOON, business_date=DAY, corrections=tuple(rows), sequence=8
    )
    root = etree.fromstring(correction_file(file))
    assert [one.findtext("{*}SequenceNumber") for one in root] == ["8", "9"]
    assert amounts(root, ".//{*}InventoryControlTransaction/{*}LineItem/{*}Quantity") == [-10, 5]
    assert root.find(".//{*}ReasonCode").get("Name") == "damages"

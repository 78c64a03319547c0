import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.intake import Unreadable
from libs.money import Money
from services.channel_gateway.adapters.shopify import read, reads
from services.channel_gateway.domain.storefront import (
    Identifier,
    OrderTold,
    ParcelTold,
    RefundTold,
    Restock,
    Scheme,
    TenderKind,
)
from tests.builders.shopify import a_line, a_parcel, a_refund, an_address, an_order, body_of, both

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "samples" / "shopify"
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the real samples are not here")


def usd(text):
    return Money.parse(text, "USD")


def order_in(content, topic="orders/create"):
    told = read("shopify:demo", topic, body_of(content))
    assert isinstance(told, OrderTold)
    return told.order


def problems_in(content, topic="orders/create"):
    body = content if isinstance(content, bytes) else body_of(content)
    with pytest.raises(Unreadable) as refused:
        read("shopify:demo", topic, body)
    return {problem.field: problem.rule for problem in refused.value.problems}


def test_an_order_is_read_with_what_the_mesh_needs():
    order = order_in(an_order())
    (line,) = order.lines
    assert (order.channel, order.channel_order_id, order.number) == ("shopify:demo", "5001", "#5001")
    assert order.placed_at == datetime(2024, 4, 1, 14, 30, tzinfo=UTC)
    assert (order.total, order.tax, order.shipping_charge) == (usd("31.50"), usd("1.50"), usd("5.00"))
    assert (line.unit_price, line.pieces, line.total, line.tax) == (
        usd("12.50"),
        2,
        usd("25.00"),
        usd("1.50"),
    )
    assert line.names == (Identifier(Scheme.SHOPIFY_VARIANT, "701"), Identifier(Scheme.SKU, "SKU-1"))
    assert (order.region, order.customer_id) == ("US-OH", "C-17")
    assert (order.paid, order.test, order.cancelled_at) == (True, False, None)
    assert [(one.kind, one.amount) for one in order.tenders] == [(TenderKind.ONLINE, usd("31.50"))]


def test_ids_beyond_what_a_float_holds_keep_their_digits():
    number = 820982911946154508
    order = order_in(an_order(number, line_items=[a_line(id=487817672276298554)]))
    assert order.channel_order_id == str(number)
    assert order.lines[0].line_id == "487817672276298554"


def test_an_id_rounded_on_its_way_is_taken_from_the_global_id():
    rounded = an_order(820982911946154500, admin_graphql_api_id="gid://shopify/Order/820982911946154508")
    assert order_in(rounded).channel_order_id == "820982911946154508"
    assert order_in(an_order(admin_graphql_api_id="https://www.example.com/")).channel_order_id == "5001"


def test_ids_may_be_text():
    assert order_in(an_order() | {"id": "5001", "admin_graphql_api_id": None}).channel_order_id == "5001"


def test_discounts_come_from_allocations_with_the_name_of_their_application():
    line = a_line(
        discount_allocations=[
            {"amount": "2.00", "discount_application_index": 0},
            {"amount": "0.50", "discount_application_index": 1},
            {"amount": "0.25", "discount_application_index": 7},
        ]
    )
    applications = [
        {"type": "automatic", "title": "Loyalty price"},
        {"type": "discount_code", "code": "SPRING"},
    ]
    (read_line,) = order_in(an_order(line_items=[line], discount_applications=applications)).lines
    assert [(one.promotion_id, one.amount) for one in read_line.discounts] == [
        ("Loyalty price", usd("2.00")),
        ("SPRING", usd("0.50")),
        ("", usd("0.25")),
    ]
    assert read_line.total == usd("22.25")


def test_an_old_payload_has_its_discount_on_the_line():
    (line,) = order_in(an_order(line_items=[a_line(total_discount="3.00", discount_allocations=None)])).lines
    assert line.total == usd("22.00")


@pytest.mark.parametrize("properties", [[], {}, {"colour": "red"}, [{"name": "a", "value": "b"}], None])
def test_line_properties_may_have_any_shape(properties):
    assert len(order_in(an_order(line_items=[a_line(properties=properties)])).lines) == 1


def test_a_line_without_variant_and_sku_is_kept_for_a_person_to_resolve():
    (line,) = order_in(an_order(line_items=[a_line(variant_id=None, sku=None)])).lines
    assert (line.names, line.product) == ((), "Article 1")


def test_a_line_that_was_edited_out_is_left_out():
    order = order_in(an_order(line_items=[a_line(1), a_line(2, quantity=0)]))
    assert [line.line_id for line in order.lines] == ["9001"]


def test_gift_cards_and_services_take_no_stock():
    order = order_in(an_order(line_items=[a_line(1, gift_card=True), a_line(2, requires_shipping=False)]))
    assert [line.stocked for line in order.lines] == [False, False]


@pytest.mark.parametrize(
    ("status", "outstanding", "paid", "tendered"),
    [
        ("paid", "0.00", True, ["31.50"]),
        ("authorized", "31.50", False, []),
        ("pending", None, False, []),
        ("voided", None, False, []),
        ("partially_paid", "11.50", False, ["20.00"]),
        ("partially_refunded", None, True, ["31.50"]),
    ],
)
def test_the_financial_status_says_what_is_paid(status, outstanding, paid, tendered):
    order = order_in(an_order(financial_status=status, total_outstanding=outstanding))
    assert order.paid is paid
    assert [one.amount for one in order.tenders] == [usd(text) for text in tendered]


def test_an_order_without_customer_and_addresses_is_an_order():
    order = order_in(an_order(customer=None, billing_address=None, shipping_address=None, email=None))
    assert (order.customer_id, order.region, order.shipping.address) == ("", "", None)


def test_a_country_without_subdivision_is_a_region():
    address = an_address(province_code=None, country_code="GB")
    assert order_in(an_order(shipping_address=address)).region == "GB"


def test_removed_and_discounted_delivery_is_not_charged_in_full():
    lines = [
        {"price": "5.00", "discounted_price": "4.00"},
        {"price": "9.00", "is_removed": True},
        {"price": "3.00", "discounted_price": None, "discount_allocations": [{"amount": "1.00"}]},
    ]
    assert order_in(an_order(shipping_lines=lines)).shipping_charge == usd("6.00")


def test_parcels_of_an_order_are_read_and_failed_ones_are_not():
    order = order_in(
        an_order(fulfillments=[a_parcel(81), a_parcel(82, status="cancelled")]), "orders/updated"
    )
    (parcel,) = order.parcels
    assert (parcel.parcel_id, parcel.place, parcel.lines) == ("81", "W01", (("9001", 2),))
    assert parcel.tracking_number == "1Z81"


def test_a_parcel_alone_names_its_order():
    told = read("shopify:demo", "fulfillments/create", body_of(a_parcel()))
    assert isinstance(told, ParcelTold)
    assert told.channel_order_id == "5001"


def test_a_refund_pays_back_the_sum_of_its_transactions():
    transactions = [
        {"id": 1, "kind": "refund", "status": "success", "amount": "13.25", "currency": "USD"},
        {"id": 2, "kind": "refund", "status": "failure", "amount": "9.00", "currency": "USD"},
        {
            "id": 3,
            "kind": "refund",
            "status": "pending",
            "amount": "5.00",
            "currency": "USD",
            "gateway": "gift_card",
        },
        {"id": 4, "kind": "void", "status": "success", "amount": "7.00", "currency": "USD"},
    ]
    told = read("shopify:demo", "refunds/create", body_of(a_refund(transactions=transactions)))
    assert isinstance(told, RefundTold)
    refund = told.refund
    assert (told.channel_order_id, refund.amount, refund.tax) == ("5001", usd("18.25"), usd("0.75"))
    assert [(one.tender_id, one.kind) for one in refund.tenders] == [
        ("1", TenderKind.ONLINE),
        ("3", TenderKind.VOUCHER),
    ]
    (line,) = refund.lines
    assert (line.line_id, line.pieces, line.amount, line.restock) == (
        "9001",
        1,
        usd("12.50"),
        Restock.RETURNED,
    )


@pytest.mark.parametrize(
    ("restock_type", "restock", "meaning"),
    [
        ("return", None, Restock.RETURNED),
        ("legacy_restock", None, Restock.RETURNED),
        ("cancel", None, Restock.NEVER_SENT),
        ("no_restock", None, Restock.NOT_RESTOCKED),
        (None, True, Restock.RETURNED),
        (None, None, Restock.NOT_RESTOCKED),
    ],
)
def test_what_became_of_refunded_goods(restock_type, restock, meaning):
    content = a_refund() | {"restock": restock}
    content["refund_line_items"][0]["restock_type"] = restock_type
    (line,) = read("shopify:demo", "refunds/create", body_of(content)).refund.lines
    assert line.restock is meaning


@pytest.mark.parametrize("text", ["11.1", "0.07", "1234567.89", "19.99", "8"])
def test_bare_json_numbers_are_exact(text):
    content = body_of(a_refund()).replace(b'"subtotal": 12.5', f'"subtotal": {text}'.encode())
    (line,) = read("shopify:demo", "refunds/create", content).refund.lines
    assert line.amount == usd(text)


def test_a_refund_in_the_buyers_currency_is_not_booked_at_a_guessed_rate():
    content = a_refund()
    content["transactions"][0]["currency"] = "CAD"
    assert problems_in(content, "refunds/create") == {
        "transactions[0].currency": "must be the currency of the shop, USD"
    }


def test_shop_money_rules_where_the_buyer_saw_another_currency():
    content = an_order(total_price_set=both("31.50"), refunds=[a_refund()])
    assert order_in(content).refunds[0].amount == usd("13.25")


@pytest.mark.parametrize(
    ("fields", "field", "rule"),
    [
        ({"line_items": [a_line(price="-3.00")]}, "line_items[0].price", "must not be negative"),
        (
            {"line_items": [a_line(1), a_line(2, quantity=-1)]},
            "line_items[1].quantity",
            "must not be negative",
        ),
        (
            {"line_items": [a_line(price="twelve")]},
            "line_items[0].price",
            "must be a decimal amount of at most six decimals",
        ),
        ({"line_items": None}, "line_items", "must be a list"),
        ({"currency": "dollars"}, "currency", "must be a currency code of three capital letters"),
        ({"total_price": None}, "total_price", "must be a decimal amount"),
        ({"id": True}, "id", "must be a whole number"),
        ({"created_at": "2024-04-01T09:30:00"}, "created_at", "must have a time zone"),
        ({"updated_at": "yesterday"}, "updated_at", "must be an instant such as 2024-04-01T09:30:00-05:00"),
        ({"line_items": [a_line(n) for n in range(2001)]}, "line_items", "has too many entries"),
    ],
)
def test_a_broken_field_is_named_with_its_rule(fields, field, rule):
    assert problems_in(an_order(**fields)) == {field: rule}


def test_every_broken_field_is_named_at_once():
    found = problems_in(an_order(total_price="x", line_items=[a_line(price="-1"), a_line(quantity="y")]))
    assert set(found) == {"total_price", "line_items[0].price", "line_items[1].quantity"}


@pytest.mark.parametrize(
    "body", [b"", b"{", body_of(an_order())[:200], b"webhook_id=7", b"\xff\xfe{}", b"[1"]
)
def test_what_is_no_json_says_so_of_the_whole_body(body):
    ((field, rule),) = problems_in(body).items()
    assert field == ""
    assert rule.startswith("must be JSON")


@pytest.mark.parametrize("body", [b"[]", b"7", b'"order"', b"null"])
def test_json_that_is_no_object_is_refused(body):
    assert problems_in(body) == {"": "must be an object"}


def test_a_problem_never_quotes_the_value():
    assert "secret" not in json.dumps(problems_in(an_order(email=["secret"], total_price="secret")))


def test_only_followed_topics_are_read():
    assert reads("orders/create")
    assert not reads("orders/edited")
    assert not reads("orders/delete")
    assert not reads("")


@needs_samples
@pytest.mark.parametrize(
    "name",
    [
        "api_real_5182437124_1_paid_partially_fulfilled.json",
        "rest_fixture_order.json",
        "go_fixture_order.json",
        "webhook_doc_2026-04_orders_create.json",
        "webhook_doc_2026-04_orders_cancelled.json",
    ],
)
def test_real_orders_are_read(name):
    content = json.loads((SAMPLES / name).read_text())
    content = content.get("response", content)
    content = content.get("order", content)
    assert order_in(content).lines


@needs_samples
def test_the_real_order_of_2017_reads_as_its_shop_saw_it():
    content = json.loads((SAMPLES / "api_real_5182437124_1_paid_partially_fulfilled.json").read_text())
    order = order_in(content["order"])
    assert (order.channel_order_id, order.test, order.tax_included) == ("5182437124", True, True)
    assert order.total == Money.parse("470.00", "EUR")
    assert [(line.pieces, line.total.text()) for line in order.lines] == [(3, "450.00"), (5, "0.00")]
    assert sorted(sum(pieces for _, pieces in parcel.lines) for parcel in order.parcels) == [1, 5]
    assert order.region == "PL"

import base64
import hmac
import json
from decimal import Decimal

import pytest

from services.sandbox.adapters.deliveries import shopify_signature
from services.sandbox.domain.messages import Defect, Kind
from tests.builders.outside_world import (
    SHOP,
    basket,
    coupon,
    dataset,
    day,
    deliveries,
    line,
    loyalty,
    product,
    webhooks,
)

ORDERS = (Kind.ORDER_CREATED, Kind.ORDER_UPDATED, Kind.ORDER_CANCELLED)


@pytest.fixture(scope="module")
def planned():
    return day(presentment_share=200, refund_share=500, cancel_share=200, split_share=500)


@pytest.fixture(scope="module")
def orders(planned):
    return [body for _, body in webhooks(planned, *ORDERS)]


@pytest.fixture(scope="module")
def refunds(planned):
    return [body for _, body in webhooks(planned, Kind.REFUND_CREATED)]


def money(body, name):
    return Decimal(body[name])


def test_amounts_of_an_order_add_up_to_the_cent(orders):
    for order in orders:
        lines = sum(Decimal(line["price"]) * line["quantity"] for line in order["line_items"])
        discounts = sum(
            Decimal(share["amount"]) for line in order["line_items"] for share in line["discount_allocations"]
        )
        shipping = sum(Decimal(line["discounted_price"]) for line in order["shipping_lines"])
        taxes = sum(Decimal(tax["price"]) for line in order["line_items"] for tax in line["tax_lines"])
        assert lines == money(order, "total_line_items_price")
        assert discounts == money(order, "total_discounts")
        assert lines - discounts == money(order, "subtotal_price")
        assert lines - discounts + shipping == money(order, "total_price")
        assert taxes == money(order, "total_tax") == sum(Decimal(tax["price"]) for tax in order["tax_lines"])


def test_tax_comes_on_top_where_prices_do_not_include_it():
    planned = day(data=dataset(taxes_included=False), malformed_each=0)
    for _, order in webhooks(planned, Kind.ORDER_CREATED):
        assert order["taxes_included"] is False
        shipping = Decimal(order["total_shipping_price_set"]["shop_money"]["amount"])
        assert money(order, "total_price") == (
            money(order, "subtotal_price") + money(order, "total_tax") + shipping
        )


def test_allocations_refer_to_the_discounts_of_the_order(orders):
    seen = set()
    for order in orders:
        sums = [Decimal(0)] * len(order["discount_applications"])
        for share in (share for item in order["line_items"] for share in item["discount_allocations"]):
            sums[share["discount_application_index"]] += Decimal(share["amount"])
        for total, application in zip(sums, order["discount_applications"], strict=True):
            assert total == Decimal(application["value"])
            seen.add(application.get("code") or application["title"])
    assert seen == {"RETAIL", "COUPON"}


def test_a_coupon_on_the_basket_is_spread_across_its_lines():
    lines = [line(1, 1, reductions=[coupon(25, basket_wide=True)]), line(2, 2, reductions=[loyalty(5)])]
    data = dataset([basket(1, lines)])
    planned = day(data=data, storefront_share=1000, malformed_each=0, duplicate_share=0)
    order = webhooks(planned, Kind.ORDER_CREATED)[0][1]
    methods = [(one["allocation_method"], one["target_selection"]) for one in order["discount_applications"]]
    assert methods == [("across", "all"), ("each", "explicit")]
    assert order["discount_codes"] == [{"code": "COUPON", "amount": "0.25", "type": "fixed_amount"}]


def test_what_was_paid_back_is_missing_from_the_current_total_alone(orders):
    refunded = [order for order in orders if order["refunds"]]
    assert refunded
    for order in refunded:
        back = sum(Decimal(t["amount"]) for refund in order["refunds"] for t in refund["transactions"])
        assert money(order, "current_total_price") == money(order, "total_price") - back


def test_a_refund_adds_up_and_writes_its_lines_as_bare_numbers(refunds):
    assert refunds
    for refund in refunds:
        lines = sum(line["subtotal"] for line in refund["refund_line_items"])
        shipping = -sum(Decimal(one["amount"]) for one in refund["order_adjustments"])
        assert lines + shipping == sum(Decimal(one["amount"]) for one in refund["transactions"])
        assert all(isinstance(line["subtotal"], Decimal) for line in refund["refund_line_items"])
        assert all(isinstance(line["total_tax"], Decimal) for line in refund["refund_line_items"])


def test_a_cancelled_order_names_the_refund_that_went_before_it(planned):
    cancelled = [(m, body) for m, body in webhooks(planned, Kind.ORDER_CANCELLED) if not m.repeats]
    sent = {body["id"] for _, body in webhooks(planned, Kind.REFUND_CREATED)}
    assert cancelled
    for _, body in cancelled:
        assert body["cancelled_at"]
        assert body["cancel_reason"]
        assert body["financial_status"] == "refunded"
        assert body["current_total_price"] == "0.00"
        assert {refund["id"] for refund in body["refunds"]} <= sent
        back = [item for refund in body["refunds"] for item in refund["refund_line_items"]]
        assert {item["restock_type"] for item in back} == {"cancel"}


def test_parcels_add_up_to_what_is_not_left_to_send(orders):
    for order in orders:
        sent = {}
        for parcel in order["fulfillments"]:
            assert parcel["line_items"][0]["origin_location"]["name"].startswith("W")
            for item in parcel["line_items"]:
                sent[item["id"]] = sent.get(item["id"], 0) + item["quantity"]
        statuses = {line["fulfillment_status"] for line in order["line_items"]}
        for item in order["line_items"]:
            assert (sent.get(item["id"], 0) == item["quantity"]) == (
                item["fulfillment_status"] == "fulfilled"
            )
        assert (order["fulfillment_status"] == "fulfilled") == (statuses == {"fulfilled"})


def test_large_ids_keep_all_their_digits(orders):
    assert any(order["id"] > 2**53 for order in orders)
    assert all(order["admin_graphql_api_id"] == f"gid://shopify/Order/{order['id']}" for order in orders)


def test_a_line_without_sku_still_names_its_variant(orders):
    hidden = [line for order in orders for line in order["line_items"] if not line["sku"]]
    assert hidden
    assert all(line["variant_id"] for line in hidden)


def test_another_presentment_currency_leaves_the_shops_money_alone(orders):
    foreign = [order for order in orders if order["presentment_currency"] == "CAD"]
    assert foreign
    for order in foreign:
        block = order["total_price_set"]
        assert block["shop_money"] == {"amount": order["total_price"], "currency_code": "USD"}
        assert block["presentment_money"]["currency_code"] == "CAD"
        assert order["currency"] == "USD"


def ordered_lines(planned):
    return [item for _, order in webhooks(planned, Kind.ORDER_CREATED) for item in order["line_items"]]


def test_a_service_needs_no_shipping():
    services = {f"SKU-{number}": product(number, stocked=False) for number in range(1, 41)}
    items = ordered_lines(day(data=dataset(products=services), malformed_each=0))
    assert not any(item["requires_shipping"] for item in items)


def test_an_article_outside_the_catalogue_has_no_variant():
    for item in ordered_lines(day(data=dataset(products={}), malformed_each=0)):
        assert (item["variant_id"], item["product_exists"], item["requires_shipping"]) == (None, False, True)


def test_webhooks_are_signed_over_their_bytes_and_forged_ones_are_not(planned):
    for message, delivery in deliveries(planned):
        if message.kind not in (*ORDERS, Kind.REFUND_CREATED):
            continue
        digest = hmac.digest(b"hush", delivery.body, "sha256")
        genuine = base64.b64encode(digest).decode() == delivery.headers["X-Shopify-Hmac-Sha256"]
        assert genuine is (message.defect is not Defect.BAD_SIGNATURE)
        assert delivery.url == f"http://channel/webhooks/shopify/{SHOP}"
        assert delivery.headers["X-Shopify-Event-Id"] == message.event_id
        assert delivery.headers["X-Shopify-Webhook-Id"] == message.delivery_id


def test_signatures_agree_with_a_published_vector():
    body = b'"my secret message"'
    assert shopify_signature("hush", body) == "hMTq0K2x7oyOjoBwGYeTj5oxfnaVYXzbanUG9aajpKI="


def test_a_cut_off_body_is_no_json(planned):
    cut_off = [
        delivery.body
        for message, delivery in deliveries(planned)
        if message.defect is Defect.TRUNCATED_BODY and message.kind is Kind.ORDER_CREATED
    ]
    assert cut_off
    for body in cut_off:
        with pytest.raises(json.JSONDecodeError):
            json.loads(body)


def test_a_negative_price_stands_in_the_order_and_its_total(planned):
    negative = [b for m, b in webhooks(planned, Kind.ORDER_CREATED) if m.defect is Defect.NEGATIVE_PRICE]
    assert negative
    for order in negative:
        assert order["line_items"][-1]["price"] == "-3.00"

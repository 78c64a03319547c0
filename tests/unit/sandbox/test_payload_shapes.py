"""Our payloads against real ones, by structure: which keys stand where, and what kind of value they have."""

import json
from pathlib import Path

import pytest
from lxml import etree

from services.sandbox.domain.messages import Kind
from tests.builders.outside_world import day, till_files, webhooks

SAMPLES = Path(__file__).parents[4] / "shared" / "data" / "samples"
NAMESPACE = "{http://www.nrf-arts.org/IXRetail/namespace/}"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="real samples are not there: ../shared/data/samples is no folder"
)

KINDS = {dict: "object", list: "list", str: "text", bool: "boolean", int: "number", float: "number"}
FREE = ("client_details", "receipt", "payment_details", "note_attributes", "properties")
"""Objects whose keys are the payment provider's, the buyer's or the merchant's."""
UNTAXED_DELIVERY = "shipping_lines[].tax_lines[]"
LATER_FIELDS = {
    "refund_line_items[].line_item.origin_location",
    "refund_line_items[].line_item.pre_tax_price",
    "refund_line_items[].line_item.tax_code",
    "refund_line_items[].line_item.tax_lines[]",
    "transactions[].amount_rounding",
    "transactions[].manual_payment_gateway",
    "transactions[].payment_details",
    "transactions[].payments_refund_attributes",
    "transactions[].total_unsettled_set",
}
"""Fields of the 2025-04 refund that our 2024-04 one does not send."""


def real(name):
    body = json.loads((SAMPLES / "shopify" / name).read_text(encoding="utf-8"))
    return body.get("response", body)


def shape(value, path=""):
    """Paths of a JSON value, list entries merged, with the kinds of value seen there; null says nothing."""
    if isinstance(value, dict):
        found = {path: {"object"}} if path else {}
        for key, inner in value.items():
            where = f"{path}.{key}" if path else key
            for place, kinds in shape(inner, "" + where).items():
                if not any(f"{free}." in place or f"{free}[]" in place for free in FREE):
                    found.setdefault(place, set()).update(kinds)
        return found
    if isinstance(value, list):
        found = {path: {"list"}}
        for inner in value:
            for place, kinds in shape(inner, f"{path}[]").items():
                found.setdefault(place, set()).update(kinds)
        return found
    return {path: {"null"} if value is None else {KINDS[type(value)]}}


def merged(shapes):
    whole = {}
    for one in shapes:
        for place, kinds in one.items():
            whole.setdefault(place, set()).update(kinds)
    return whole


def ours(*kinds):
    planned = day(refund_share=700, cancel_share=200, presentment_share=200)
    return merged(shape(json.loads(json.dumps(body, default=float))) for _, body in webhooks(planned, *kinds))


def missing(mine, theirs, *unsent):
    """Places that only ``theirs`` has, but for ``unsent`` ones and those below fields that we leave null."""
    null = {place for place, kinds in mine.items() if kinds == {"null"}}
    below = tuple(f"{place}." for place in null)
    return {place for place in theirs.keys() - mine.keys() if not place.startswith((*below, *unsent))}


def test_an_order_has_every_field_of_a_real_one():
    order = ours(Kind.ORDER_CREATED, Kind.ORDER_UPDATED, Kind.ORDER_CANCELLED)
    assert not missing(order, shape(real("webhook_anon_2024-04_orders_1.json")), UNTAXED_DELIVERY)


@pytest.mark.parametrize(
    ("kind", "sample"),
    [
        (Kind.ORDER_CREATED, "webhook_anon_2024-04_orders_1.json"),
        (Kind.ORDER_CREATED, "webhook_doc_2026-04_orders_create.json"),
        (Kind.ORDER_CANCELLED, "webhook_doc_2026-04_orders_cancelled.json"),
        (Kind.REFUND_CREATED, "webhook_anon_2025-04_refunds_1.json"),
    ],
)
def test_fields_have_the_kind_of_value_of_real_ones(kind, sample):
    mine, theirs = ours(kind), shape(real(sample))
    for place in mine.keys() & theirs.keys():
        if theirs[place] - {"null"} and mine[place] - {"null"}:
            assert mine[place] - {"null"} <= theirs[place] | {"number"}, place


def test_a_refund_has_every_field_of_a_real_one():
    refund = ours(Kind.REFUND_CREATED)
    assert not missing(refund, shape(real("webhook_anon_2025-04_refunds_1.json")), *LATER_FIELDS)


def paths(element, above=""):
    """Element paths with their attributes, namespaces kept."""
    path = f"{above}/{element.tag}"
    yield path
    yield from (f"{path}@{name}" for name in element.attrib)
    for child in element.iterchildren(etree.Element):
        yield from paths(child, path)


@pytest.mark.parametrize(
    "sample",
    ["roqqio_6.0_sale_with_tenderChange.xml", "roqqio_6.0_sale_with_customer.xml", "roqqio_6.0_retoure.xml"],
)
def test_a_till_file_has_every_element_of_a_real_one(sample):
    planned = day(storefront_share=100, return_share=200)
    mine = {
        path for _, root in till_files(planned) if root.tag == f"{NAMESPACE}POSLog" for path in paths(root)
    }
    theirs = set(paths(etree.parse(SAMPLES / "poslog" / sample).getroot()))
    # Sizes and colours of clothes, and what a grocer does not ask its customers.
    asked_elsewhere = ("Dimension1", "Dimension2", "Dimension3", "@Gender", "BirthDayMonth", "BirthYear")
    assert not {path for path in theirs - mine if not path.endswith(asked_elsewhere)}

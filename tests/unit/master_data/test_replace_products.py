from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.master_data.domain.catalogue import Product, Unit
from services.master_data.domain.identifiers import Identifier, IdentifierKey, Scheme
from services.master_data.domain.recorded import Recorded
from services.master_data.domain.refusals import IdentifierTaken
from services.master_data.domain.replace_products import Replacement, replace_products

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 6, tzinfo=UTC)

names = st.builds(
    Identifier, st.sampled_from([Scheme.GTIN, Scheme.TILL_PLU]), st.sampled_from(["1", "01", "2", "3", "4"])
)
products = st.builds(
    Product,
    sku=st.sampled_from(["A", "B", "C", "D"]),
    title=st.sampled_from(["Apple", "Pear"]),
    category=st.just("Fruit"),
    brand=st.just(""),
    unit=st.sampled_from(Unit),
    stocked=st.booleans(),
    tax_class=st.just("reduced"),
    identifiers=st.lists(names, max_size=4).map(tuple),
)
batches = st.lists(products, max_size=4, unique_by=lambda product: product.sku)


class Catalogue:
    """What the database would hold; keeps its one rule, that a name is never given twice."""

    def __init__(self) -> None:
        self.products: dict[str, Recorded[Product]] = {}
        self.holders: dict[IdentifierKey, str] = {}

    def put(self, wanted: Sequence[Product], now: datetime = MONDAY) -> Replacement:
        replacement = replace_products(self.products, self.holders, wanted, now)
        self.products |= {product.value.sku: product for product in replacement.products}
        for key in replacement.released:
            del self.holders[key]
        for claim in replacement.claimed:
            assert claim.key not in self.holders
            self.holders[claim.key] = claim.sku
        return replacement


def product(sku: str, *identifiers: Identifier) -> Product:
    return Product(sku, f"Article {sku}", "", "", Unit.PIECE, True, "", identifiers)


def plu(value: str) -> Identifier:
    return Identifier(Scheme.TILL_PLU, value)


def test_a_new_product_is_created_with_its_names():
    catalogue = Catalogue()
    replacement = catalogue.put([product("A", plu("41"))])
    assert [(item.version, item.changed_at) for item in replacement.products] == [(1, MONDAY)]
    assert catalogue.holders == {(Scheme.SKU, "A"): "A", (Scheme.TILL_PLU, "41"): "A"}


def test_a_changed_product_gets_the_next_version():
    catalogue = Catalogue()
    catalogue.put([product("A")])
    (changed,) = catalogue.put([replace(product("A"), title="Pear")], TUESDAY).products
    assert (changed.value.title, changed.version, changed.changed_at) == ("Pear", 2, TUESDAY)


def test_another_name_alone_is_a_change():
    catalogue = Catalogue()
    catalogue.put([product("A", plu("41"))])
    assert len(catalogue.put([product("A", plu("42"))], TUESDAY).products) == 1
    assert set(catalogue.holders) == {(Scheme.SKU, "A"), (Scheme.TILL_PLU, "42")}


def test_the_order_and_repeats_of_names_are_no_change():
    catalogue = Catalogue()
    catalogue.put([product("A", plu("41"), plu("42"))])
    assert catalogue.put([product("A", plu("42"), plu("41"), plu("42"))]).products == []


def test_a_name_of_another_product_is_refused_and_its_holder_named():
    catalogue = Catalogue()
    catalogue.put([product("A", plu("41"))])
    with pytest.raises(IdentifierTaken) as refused:
        catalogue.put([product("B", plu("41"))])
    assert refused.value.metadata == {
        "scheme": "till_plu",
        "identifier": "41",
        "sku": "B",
        "holder": "A",
    }


def test_a_name_claimed_twice_in_one_batch_is_refused():
    with pytest.raises(IdentifierTaken):
        Catalogue().put([product("A", plu("41")), product("B", plu("41"))])


@pytest.mark.parametrize("order", [1, -1])
def test_two_products_can_swap_their_names_in_one_batch(order):
    catalogue = Catalogue()
    catalogue.put([product("A", plu("41")), product("B", plu("42"))])
    catalogue.put([product("A", plu("42")), product("B", plu("41"))][::order])
    assert catalogue.holders[IdentifierKey(Scheme.TILL_PLU, "42")] == "A"
    assert catalogue.holders[IdentifierKey(Scheme.TILL_PLU, "41")] == "B"


def test_a_name_can_go_to_a_new_product_when_its_holder_gives_it_up_in_the_same_batch():
    catalogue = Catalogue()
    catalogue.put([product("A", plu("41"))])
    catalogue.put([product("B", plu("41")), product("A")])
    assert catalogue.holders[IdentifierKey(Scheme.TILL_PLU, "41")] == "B"


@given(st.lists(batches, max_size=6))
def test_names_are_exactly_those_of_the_products_after_any_batches(history):
    catalogue = Catalogue()
    for batch in history:
        try:
            catalogue.put(batch)
        except IdentifierTaken:
            continue
    held: dict[str, set[IdentifierKey]] = {}
    for key, sku in catalogue.holders.items():
        held.setdefault(sku, set()).add(key)
    assert {sku: len(keys) - 1 for sku, keys in held.items()} == {
        sku: len(item.value.identifiers) for sku, item in catalogue.products.items()
    }


@given(st.lists(batches, max_size=4), batches)
def test_the_same_batch_again_changes_nothing(history, batch):
    catalogue = Catalogue()
    try:
        for earlier in (*history, batch):
            catalogue.put(earlier)
    except IdentifierTaken:
        return
    again = catalogue.put(batch, TUESDAY)
    assert (again.products, again.released, again.claimed) == ([], [], [])


@given(batches, batches)
def test_a_product_is_written_exactly_when_it_differs(first, second):
    catalogue = Catalogue()
    try:
        catalogue.put(first)
        before = dict(catalogue.products)
        written = {item.value.sku for item in catalogue.put(second, TUESDAY).products}
    except IdentifierTaken:
        return
    for sku in {item.sku for item in second}:
        after = catalogue.products[sku]
        assert (sku in written) == (sku not in before or before[sku].value != after.value)
        assert after.version == (before[sku].version if sku in before else 0) + (sku in written)

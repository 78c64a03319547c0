import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.master_data.domain.identifiers import (
    Identifier,
    IdentifierKey,
    Scheme,
    key_of,
    keys_of_product,
)
from services.master_data.domain.refusals import IdentifierMalformed

digits = st.text("0123456789", min_size=1, max_size=14).filter(lambda text: text.strip("0"))
written = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=20)
trimmed_schemes = st.sampled_from([scheme for scheme in Scheme if scheme is not Scheme.GTIN])


def gtin(value: str) -> IdentifierKey | None:
    return key_of(Identifier(Scheme.GTIN, value))


@pytest.mark.parametrize(
    "spelling", ["4006381333931", "04006381333931", " 4006381333931 ", "4-006381-333931", "4 006381 333931"]
)
def test_spellings_of_one_gtin_are_one_name(spelling):
    assert gtin(spelling) == IdentifierKey(Scheme.GTIN, "4006381333931")


@given(digits, st.integers(0, 6))
def test_leading_zeros_of_a_gtin_never_count(value, zeros):
    assert gtin("0" * zeros + value) == gtin(value)


@given(digits, digits)
def test_gtins_are_one_name_only_when_their_numbers_are(one, other):
    assert (gtin(one) == gtin(other)) == (int(one) == int(other))


@pytest.mark.parametrize("value", ["", " ", "0", "000", "12a4", "١٢٣٤", "123456789012345", "-", "+49", "1.5"])
def test_what_is_no_number_of_up_to_14_digits_is_no_gtin(value):
    assert gtin(value) is None


@given(trimmed_schemes, written)
def test_other_schemes_are_compared_as_written_but_for_spaces_around(scheme, value):
    assert key_of(Identifier(scheme, f"  {value}\t")) == IdentifierKey(scheme, value)


@given(st.sampled_from(Scheme), st.text(max_size=20))
def test_the_normal_form_of_a_normal_form_is_itself(scheme, value):
    key = key_of(Identifier(scheme, value))
    assert key is None or key_of(Identifier(scheme, key.key)) == key


def test_leading_zeros_of_a_look_up_code_count():
    assert key_of(Identifier(Scheme.TILL_PLU, "0041")) != key_of(Identifier(Scheme.TILL_PLU, "41"))


def test_a_product_has_its_own_sku_without_naming_it():
    assert list(keys_of_product("A1", ())) == [IdentifierKey(Scheme.SKU, "A1")]


def test_two_spellings_of_one_name_are_one_name_of_the_product():
    names = keys_of_product("A1", (Identifier(Scheme.GTIN, "0401"), Identifier(Scheme.GTIN, "401")))
    assert names[IdentifierKey(Scheme.GTIN, "401")].value == "0401"
    assert len(names) == 2


@pytest.mark.parametrize(
    "identifier",
    [Identifier(Scheme.GTIN, "12x"), Identifier(Scheme.TILL_PLU, "  "), Identifier(Scheme.SKU, "B2")],
)
def test_a_product_with_a_malformed_name_is_refused_by_that_name(identifier):
    with pytest.raises(IdentifierMalformed) as refused:
        keys_of_product("A1", (identifier,))
    assert refused.value.metadata == {
        "scheme": identifier.scheme,
        "identifier": identifier.value,
        "sku": "A1",
    }

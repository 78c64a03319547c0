import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.messaging.cloudevents import SUBJECT, encode, key_of


@pytest.mark.parametrize(
    ("plain", "encoded"),
    [
        ("order-1", "order-1"),
        ("a b", "a%20b"),
        ("50%", "50%25"),
        ('5"', "5%22"),
        ("Größe", "Gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_header_value_is_encoded_as_cloudevents_asks(plain, encoded):
    assert encode(plain) == encoded


@given(st.text(min_size=1))
def test_any_key_survives_the_way_through_a_header(key):
    encoded = encode(key)
    assert encoded.isascii()
    assert encoded.isprintable()
    assert " " not in encoded
    assert key_of({SUBJECT: encoded}) == key

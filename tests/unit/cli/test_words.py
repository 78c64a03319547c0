"""Values of the contracts in words for people."""

from datetime import UTC, datetime

import pytest

from retailmesh.order.v1 import order_pb2
from retailmesh.type.v1 import quantity_pb2
from services.cli.words import clock, number_of, quantity, span, word, words


def test_a_state_is_told_without_its_prefix():
    assert word(order_pb2.OrderState, order_pb2.ORDER_STATE_PARTIALLY_SHIPPED) == "partially shipped"


def test_what_is_not_stated_is_empty_and_what_is_unknown_is_its_number():
    assert word(order_pb2.OrderState, 0) == ""
    assert word(order_pb2.OrderState, 99) == "99"


@pytest.mark.parametrize("text", ["partially shipped", "partially-shipped", "PARTIALLY_SHIPPED"])
def test_a_word_leads_back_to_its_number(text):
    assert number_of(order_pb2.OrderState, text) == order_pb2.ORDER_STATE_PARTIALLY_SHIPPED


def test_the_words_of_an_enum_leave_out_what_is_not_stated():
    assert words(order_pb2.OrderKind) == ["storefront", "till-sale"]


@pytest.mark.parametrize(
    ("milli", "unit", "text"),
    [
        (2000, quantity_pb2.UNIT_PIECE, "2"),
        (420, quantity_pb2.UNIT_KILOGRAM, "0.42 kg"),
        (-1500, quantity_pb2.UNIT_LITRE, "-1.5 l"),
        (0, quantity_pb2.UNIT_PIECE, "0"),
    ],
)
def test_a_quantity_is_exact_and_has_its_unit(milli, unit, text):
    assert quantity(quantity_pb2.Quantity(milli=milli, unit=unit)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0354, "35 ms"),
        (0.9999, "1.0 s"),
        (2.44, "2.4 s"),
        (185, "3 min 5 s"),
        (3600 * 2 + 600, "2 h 10 min"),
        (86_400 * 3, "3 days"),
        (-0.2, "-200 ms"),
    ],
)
def test_a_length_of_time_has_the_units_that_matter(seconds, text):
    assert span(seconds) == text


def test_a_clock_shows_milliseconds():
    assert clock(datetime(2026, 6, 1, 9, 0, 1, 2999, UTC)) == "09:00:01.002"

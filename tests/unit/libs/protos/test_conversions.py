from datetime import UTC, datetime, timedelta, timezone

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from google.type import money_pb2
from hypothesis import given
from hypothesis import strategies as st

from libs.money import Money
from libs.protos import (
    money_from_proto,
    money_to_proto,
    quantity_from_proto,
    quantity_to_proto,
    timestamp_from_proto,
    timestamp_to_proto,
)
from libs.refusals import InvalidField
from retailmesh.type.v1 import quantity_pb2

zones = st.timezones() | st.just(UTC)
moments = st.datetimes(timezones=zones, min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1))  # noqa: DTZ001


@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_money_survives_the_wire(micros: int) -> None:
    message = money_to_proto(Money("EUR", micros))
    assert message.units * message.nanos >= 0
    assert money_from_proto(message) == Money("EUR", micros)


@pytest.mark.parametrize(
    "message",
    [
        money_pb2.Money(currency_code="EUR", units=1, nanos=1),
        money_pb2.Money(currency_code="EUR", units=1, nanos=-1000),
        money_pb2.Money(currency_code="EUR", units=-1, nanos=1000),
        money_pb2.Money(currency_code="EUR", nanos=1_000_000_000),
        money_pb2.Money(currency_code="EUR", units=10**15),
        money_pb2.Money(units=1),
    ],
)
def test_money_that_is_not_exact_is_refused_by_its_field(message: money_pb2.Money) -> None:
    with pytest.raises(InvalidField) as refused:
        money_from_proto(message, "lines[0].price")
    assert refused.value.field == "lines[0].price"


@given(moments)
def test_a_time_survives_the_wire_and_comes_back_in_utc(moment: datetime) -> None:
    back = timestamp_from_proto(timestamp_to_proto(moment))
    assert back == moment.astimezone(UTC)
    assert back.tzinfo is UTC


def test_a_zone_is_kept_as_the_moment_it_means() -> None:
    moment = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert timestamp_to_proto(moment) == Timestamp(seconds=1_772_321_400)


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        timestamp_to_proto(datetime(2026, 3, 1))  # noqa: DTZ001


def test_what_is_finer_than_a_microsecond_is_cut_off() -> None:
    assert timestamp_from_proto(Timestamp(seconds=1, nanos=999_999_999)).microsecond == 999_999


def test_a_time_that_no_calendar_has_is_refused_by_its_field() -> None:
    with pytest.raises(InvalidField) as refused:
        timestamp_from_proto(Timestamp(seconds=10**13), "placed_at")
    assert refused.value.field == "placed_at"


def test_a_quantity_keeps_thousandths_and_unit() -> None:
    message = quantity_to_proto(420, quantity_pb2.UNIT_KILOGRAM)
    assert (quantity_from_proto(message), message.unit) == (420, quantity_pb2.UNIT_KILOGRAM)

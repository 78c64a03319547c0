from datetime import datetime
from uuid import uuid4

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.struct_pb2 import Struct

from libs.messaging import InvalidMessage, Received, event_of
from libs.messaging.event import PAYLOAD_LIMIT, partition_of
from libs.telemetry import current_traceparent, span
from retailmesh.order.v1.order_events_pb2 import OrderUpdated
from tests.builders.events import NOON, placed

ORDER_ID = "018f4e6e-0000-7000-8000-000000000000"


def updated(message, **given):
    return event_of(
        message,
        **{"key": "o-1", "noun": "order", "fact": "updated", "event_id": uuid4(), "time": NOON} | given,
    )


def test_the_subject_names_domain_fact_and_partition():
    assert placed("order-1").subject == f"retail.order.v1.order.placed.p{partition_of('order-1')}"


def test_a_key_always_falls_into_one_of_eight_partitions():
    assert {partition_of(str(number)) for number in range(1000)} == set(range(8))
    assert partition_of("order-1") == partition_of("order-1")


@pytest.mark.parametrize("key", ["", "x" * 257])
def test_a_key_is_neither_empty_nor_endless(key):
    with pytest.raises(ValueError, match="key"):
        placed(key)


@pytest.mark.parametrize("fact", ["Placed", "order placed", "a.b", "", "*", "placed\r\n"])
def test_what_would_break_a_subject_is_refused(fact):
    with pytest.raises(ValueError, match="subject"):
        placed(fact=fact)


def test_a_payload_that_the_broker_would_refuse_is_refused_before_it_is_recorded():
    with pytest.raises(ValueError, match="exceeds"):
        placed(body="x" * (PAYLOAD_LIMIT + 1))


@pytest.mark.parametrize("field", ["traceparent", "tracestate"])
def test_what_would_break_a_header_is_refused(field):
    with pytest.raises(ValueError, match="header"):
        updated(OrderUpdated(order_id=ORDER_ID), **{field: "00-\r\nNats-Rollup: all"})


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="time zone"):
        updated(OrderUpdated(order_id=ORDER_ID), time=datetime(2026, 1, 1))  # noqa: DTZ001


def test_type_and_domain_come_from_the_message():
    event = updated(OrderUpdated(order_id=ORDER_ID))
    assert (event.type, event.domain) == ("retailmesh.order.v1.OrderUpdated", "order")
    assert event.subject.startswith("retail.order.v1.order.updated.")


def test_a_message_against_its_contract_is_no_event_and_the_field_is_named():
    with pytest.raises(InvalidMessage, match="order_id"):
        updated(OrderUpdated())


def test_a_message_of_no_domain_is_no_event():
    with pytest.raises(ValueError, match="Struct"):
        updated(Struct())


def test_an_event_belongs_to_the_current_trace_unless_told_otherwise():
    with span("place order"):
        assert updated(OrderUpdated(order_id=ORDER_ID)).traceparent == current_traceparent() != ""
        assert updated(OrderUpdated(order_id=ORDER_ID), traceparent="").traceparent == ""


def test_a_consumer_reads_what_was_recorded():
    event = updated(OrderUpdated(order_id=ORDER_ID))
    received = Received(event.id, event.type, event.key, event.time, event.payload)
    assert received.read(OrderUpdated) == OrderUpdated(order_id=ORDER_ID)


def test_reading_a_broken_payload_raises():
    received = Received(uuid4(), "T", "k", NOON, b"\xff\xff")
    with pytest.raises(DecodeError):
        received.read(OrderUpdated)


@pytest.mark.parametrize(
    ("reply", "sequence"),
    [
        ("$JS.ACK.RETAIL_ORDER.inventory-orders.1.42.7.1700000000000000000.0", 42),
        ("$JS.ACK.hub.accounthash.RETAIL_ORDER.inventory-orders.1.42.7.1700000000000000000.0.token", 42),
        ("", 0),
    ],
)
def test_the_position_in_the_stream_is_read_from_the_reply_subject(reply, sequence):
    assert Received(uuid4(), "T", "k", NOON, b"", reply=reply).sequence == sequence

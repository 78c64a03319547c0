import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from libs.settings import ServiceSettings
from libs.telemetry import (
    SpanKind,
    batch_span,
    current_trace_id,
    current_traceparent,
    current_tracestate,
    is_sampled,
    span,
    start_telemetry,
)

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SAMPLED = f"00-{TRACE}-00f067aa0ba902b7-01"
UNSAMPLED = f"00-{TRACE}-00f067aa0ba902b7-00"


@pytest.fixture
def spans():
    """Finished spans of a process that samples every trace begun in it."""
    telemetry = start_telemetry(ServiceSettings(service="order", trace_ratio=1.0))
    exporter = InMemorySpanExporter()
    telemetry.add_processor(SimpleSpanProcessor(exporter))
    yield exporter.get_finished_spans
    telemetry.stop()
    start_telemetry(ServiceSettings(service="order"))


def test_there_is_no_trace_outside_a_span():
    assert (current_trace_id(), current_traceparent(), current_tracestate()) == ("", "", "")


def test_an_unsampled_trace_still_has_valid_ids(spans):
    start_telemetry(ServiceSettings(service="order", trace_ratio=0.0))
    with span("place order") as placed:
        assert not placed.is_recording()
        assert len(current_trace_id()) == 32
        assert not is_sampled(current_traceparent())
        outer = current_traceparent()
        with span("reserve stock"):
            assert current_traceparent() == outer


def test_a_span_continues_the_senders_trace(spans):
    with span("consume", SpanKind.CONSUMER, traceparent=SAMPLED, tracestate="vendor=1"):
        assert current_trace_id() == TRACE
        assert current_tracestate() == "vendor=1"
    (finished,) = spans()
    assert finished.parent.span_id == 0x00F067AA0BA902B7
    assert finished.kind is SpanKind.CONSUMER
    assert finished.resource.attributes["service.namespace"] == "retailmesh"
    assert finished.resource.attributes["service.name"] == "order"


def test_an_unsampled_sender_is_continued_without_recording(spans):
    with span("consume", traceparent=UNSAMPLED):
        assert current_traceparent() == UNSAMPLED
        with span("inner"):
            assert current_traceparent() == UNSAMPLED
    assert spans() == ()
    assert current_trace_id() == ""


def test_the_senders_decision_wins_over_our_ratio():
    telemetry = start_telemetry(ServiceSettings(service="order", trace_ratio=0.0))
    exporter = InMemorySpanExporter()
    telemetry.add_processor(SimpleSpanProcessor(exporter))
    with span("consume", traceparent=SAMPLED):
        pass
    assert len(exporter.get_finished_spans()) == 1


@pytest.mark.parametrize(
    "malformed",
    ["nonsense", "00-xyz", SAMPLED[:-1], SAMPLED + "-00", "ff" + SAMPLED[2:], SAMPLED.replace("4bf", "zzz")],
)
def test_a_malformed_traceparent_begins_a_new_trace(spans, malformed):
    with span("consume", traceparent=malformed):
        assert current_trace_id() not in ("", TRACE)


def test_a_later_version_of_traceparent_is_read(spans):
    with span("consume", traceparent="01" + SAMPLED[2:] + "-extra"):
        assert current_trace_id() == TRACE


def test_an_exception_fails_the_span(spans):
    with pytest.raises(ValueError, match="broken"), span("parse"):
        raise ValueError("broken")
    (finished,) = spans()
    assert finished.status.status_code is StatusCode.ERROR


def test_links_name_other_traces(spans):
    with span("batch", links=[SAMPLED]):
        pass
    (finished,) = spans()
    assert f"{finished.links[0].context.trace_id:032x}" == TRACE


OTHER = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-bbbbbbbbbbbbbbbb-01"


def test_a_batch_is_in_the_trace_of_each_sampled_item_and_linked(spans):
    with batch_span("place orders", [UNSAMPLED, SAMPLED, OTHER, SAMPLED], {"orders": 4}):
        assert current_trace_id() == TRACE
        with span("reserve stock"):
            pass
    by_trace = {f"{it.context.trace_id:032x}": it for it in spans() if it.name == "place orders"}
    batch, item = by_trace[TRACE], by_trace[OTHER[3:35]]
    assert len(by_trace) == len([it for it in spans() if it.name == "place orders"]) == 2
    assert [f"{it.context.trace_id:032x}" for it in batch.links] == [OTHER[3:35]]
    assert [it.context.span_id for it in item.links] == [batch.context.span_id]
    [inner] = [it for it in spans() if it.name == "reserve stock"]
    assert inner.parent.span_id == batch.context.span_id


def test_a_batch_that_nobody_sampled_makes_no_span(spans):
    with batch_span("place orders", [UNSAMPLED, ""]):
        assert current_trace_id() == ""
    assert spans() == ()


def test_a_batch_that_fails_marks_its_span(spans):
    with pytest.raises(ValueError, match="bad"), batch_span("place orders", [SAMPLED, OTHER]):
        raise ValueError("bad")
    assert {it.status.status_code for it in spans()} == {StatusCode.ERROR}
    assert current_trace_id() == ""

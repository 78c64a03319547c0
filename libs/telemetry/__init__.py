"""Traces, metrics and structured logs, the same in every service."""

from opentelemetry.trace import SpanKind

from libs.telemetry.batches import batch_span
from libs.telemetry.logs import Log, get_logger
from libs.telemetry.propagation import current_trace_id, current_traceparent, current_tracestate, is_sampled
from libs.telemetry.spans import span
from libs.telemetry.start import Telemetry, meter, start_telemetry, tracer

__all__ = [
    "Log",
    "SpanKind",
    "Telemetry",
    "batch_span",
    "current_trace_id",
    "current_traceparent",
    "current_tracestate",
    "get_logger",
    "is_sampled",
    "meter",
    "span",
    "start_telemetry",
    "tracer",
]

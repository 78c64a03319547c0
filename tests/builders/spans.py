"""A collector for tests: what the services of a mesh export, as parents and children."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

EXPORT_MILLISECONDS = "100"
"""OTEL_BSP_SCHEDULE_DELAY: spans leave a service at least this often."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A finished span. Ids are hexadecimal; ``parent_id`` is empty for a root."""

    trace_id: str
    span_id: str
    parent_id: str
    service: str
    name: str
    attributes: dict[str, str]
    links: tuple[str, ...]


class Collector(TraceServiceServicer):
    """Keeps every span that it is sent."""

    def __init__(self) -> None:
        self.address = ""
        self._spans: list[Seen] = []
        self._lock = threading.Lock()

    def Export(
        self, request: ExportTraceServiceRequest, context: grpc.ServicerContext
    ) -> ExportTraceServiceResponse:
        with self._lock:
            self._spans.extend(seen_in(request))
        return ExportTraceServiceResponse()

    def settings(self) -> dict[str, str]:
        """What makes a service export every trace here."""
        return {
            "OTLP_ENDPOINT": self.address,
            "TRACE_RATIO": "1",
            "OTEL_BSP_SCHEDULE_DELAY": EXPORT_MILLISECONDS,
        }

    def spans(self, trace_id: str = "") -> list[Seen]:
        with self._lock:
            return [span for span in self._spans if not trace_id or span.trace_id == trace_id]

    def edges(self, trace_id: str) -> set[tuple[str, str, str, str]]:
        """Parent's service and name, child's service and name, of each pair in a trace."""
        spans = {span.span_id: span for span in self.spans(trace_id)}
        return {
            (parent.service, parent.name, child.service, child.name)
            for child in spans.values()
            if (parent := spans.get(child.parent_id))
        }


def seen_in(request: ExportTraceServiceRequest) -> Iterator[Seen]:
    for resource in request.resource_spans:
        named = {it.key: it.value.string_value for it in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Seen(
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    service=named.get("service.name", ""),
                    name=span.name,
                    attributes={it.key: it.value.string_value for it in span.attributes},
                    links=tuple(link.trace_id.hex() for link in span.links),
                )


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free loopback port."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    add_TraceServiceServicer_to_server(collector, server)
    collector.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(None).wait()

"""The process's tracer: until a service starts its telemetry nothing is sampled, yet ids are valid."""

import uuid
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from opentelemetry import metrics, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from libs.telemetry.logs import configure_logging

SCOPE = "retailmesh"
EXPORT_TIMEOUT_SECONDS = 5
EXPORT_QUEUE = 4096


class TelemetrySettings(Protocol):
    """The fields of a service's settings that telemetry reads."""

    @property
    def service(self) -> str: ...
    @property
    def otlp_endpoint(self) -> str: ...
    @property
    def trace_ratio(self) -> float: ...
    @property
    def log_level(self) -> str: ...


class Telemetry:
    """What `start_telemetry` started; `stop` sends the spans that still wait."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider

    def add_processor(self, processor: SpanProcessor) -> None:
        """Hand finished spans to one more place, such as a test's memory."""
        self._provider.add_span_processor(processor)

    def stop(self) -> None:
        self._provider.shutdown()


def start_telemetry(settings: TelemetrySettings) -> Telemetry:
    """Send logs to stderr as JSON lines and sampled spans to ``otlp_endpoint``, if that is set.

    A collector that is down or slow costs spans, never a request: they wait in a bounded queue on a thread.
    """
    global _tracer
    configure_logging(settings.service, settings.log_level)
    provider = provider_of(settings.trace_ratio, resource_of(settings.service))
    if settings.otlp_endpoint:
        # A tenth of a service's start, and most run without a collector.
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(
            endpoint=settings.otlp_endpoint,
            insecure=not settings.otlp_endpoint.startswith("https:"),
            timeout=EXPORT_TIMEOUT_SECONDS,
        )
        provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=EXPORT_QUEUE))
    _tracer = provider.get_tracer(SCOPE)
    return Telemetry(provider)


def tracer() -> trace.Tracer:
    return _tracer


def meter() -> metrics.Meter:
    """Counters and histograms of this process; they cost almost nothing while nobody reads them."""
    return metrics.get_meter(SCOPE)


def provider_of(ratio: float, resource: Resource | None = None) -> TracerProvider:
    return TracerProvider(sampler=ParentBased(TraceIdRatioBased(ratio)), resource=resource)


def resource_of(service: str) -> Resource:
    return Resource.create(
        {
            "service.name": service,
            "service.namespace": SCOPE,
            "service.version": installed_version(),
            "service.instance.id": str(uuid.uuid4()),
        }
    )


def installed_version() -> str:
    try:
        return version(SCOPE)
    except PackageNotFoundError:
        return "0"


_tracer: trace.Tracer = provider_of(0.0).get_tracer(SCOPE)

"""One way to open a span, nearly free when the trace is not sampled."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

from opentelemetry import context as active
from opentelemetry.trace import Link, NonRecordingSpan, Span, SpanKind, get_current_span, set_span_in_context
from opentelemetry.util.types import AttributeValue

from libs.telemetry.propagation import context_of
from libs.telemetry.start import tracer


def span(
    name: str,
    kind: SpanKind = SpanKind.INTERNAL,
    attributes: Mapping[str, AttributeValue] | None = None,
    *,
    traceparent: str = "",
    tracestate: str = "",
    links: Sequence[str] = (),
) -> AbstractContextManager[Span]:
    """Run a block inside a span, child of ``traceparent`` if given, else of the current span.

    An exception leaving the block is recorded and marks the span as failed. ``links`` are traceparents of
    other traces that the block also serves. Under an unsampled parent no span is made: the parent's own
    context stays current, so its ids go on to logs, calls and events.
    """
    remote = NonRecordingSpan(context_of(traceparent, tracestate)) if traceparent else None
    parent = remote or get_current_span()
    parent_context = parent.get_span_context()
    if parent_context.is_valid and not parent_context.trace_flags.sampled:
        return Attached(remote) if remote else nullcontext(parent)
    return tracer().start_as_current_span(
        name,
        context=set_span_in_context(remote) if remote else None,
        kind=kind,
        attributes=attributes,
        links=[Link(context_of(link)) for link in links],
    )


class Attached:
    """Makes a sender's unsampled span the current one for the length of a block."""

    __slots__ = ("_span", "_token")

    def __init__(self, remote: Span) -> None:
        self._span = remote

    def __enter__(self) -> Span:
        self._token = active.attach(set_span_in_context(self._span))
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        active.detach(self._token)

"""Consumer spans: they continue the trace of each event that is sampled, and cost nothing for the rest."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from opentelemetry.trace import Span, use_span
from opentelemetry.util.types import AttributeValue

from libs.messaging.cloudevents import TRACEPARENT, TRACESTATE
from libs.messaging.received import Received
from libs.telemetry import SpanKind, current_traceparent, is_sampled, span


def consuming(consumer: str, events: Sequence[Received]) -> AbstractContextManager[object]:
    """Run a handler inside the trace of its event, or of several events each in its own span.

    Inside, ``traceparent`` of each event is what its consequences carry on.
    """
    if len(events) == 1:
        return consuming_one(consumer, events[0])
    sampled = [event for event in events if is_sampled(traceparent_of(event))]
    return consuming_batch(consumer, sampled, len(events)) if sampled else nullcontext()


@contextmanager
def consuming_one(consumer: str, event: Received) -> Iterator[Span]:
    with event_span(consumer, event) as current:
        event.traceparent = current_traceparent()
        yield current


@contextmanager
def consuming_batch(consumer: str, sampled: Sequence[Received], size: int) -> Iterator[Span]:
    """One span of the whole batch in the first trace, and one in each event's trace linked to it."""
    attributes = attributes_of(consumer) | {"messaging.batch.message_count": size}
    links = [traceparent_of(event) for event in sampled[1:]]
    first = traceparent_of(sampled[0])
    with (
        span(f"process {consumer}", SpanKind.CONSUMER, attributes, traceparent=first, links=links) as batch,
        ExitStack() as spans,
    ):
        batch_traceparent = current_traceparent()
        for event in sampled:
            spans.enter_context(event_span(consumer, event, links=[batch_traceparent]))
            event.traceparent = current_traceparent()
        # The handler's statements belong to no single event.
        spans.enter_context(use_span(batch))
        yield batch


def event_span(consumer: str, event: Received, links: Sequence[str] = ()) -> AbstractContextManager[Span]:
    attributes = attributes_of(consumer) | {
        "messaging.message.id": str(event.id),
        "cloudevents.event_type": event.type,
    }
    return span(
        f"process {event.type}",
        SpanKind.CONSUMER,
        attributes,
        traceparent=traceparent_of(event),
        tracestate=event.headers.get(TRACESTATE, ""),
        links=links,
    )


def attributes_of(consumer: str) -> dict[str, AttributeValue]:
    return {
        "messaging.system": "nats",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.consumer.group.name": consumer,
    }


def traceparent_of(event: Received) -> str:
    """The sender's; the event's own field may already hold the span of an earlier attempt."""
    return event.headers.get(TRACEPARENT, "")

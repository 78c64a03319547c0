"""One span for work that many traces share."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from opentelemetry.trace import use_span
from opentelemetry.util.types import AttributeValue

from libs.telemetry.propagation import current_traceparent, is_sampled
from libs.telemetry.spans import span


@contextmanager
def batch_span(
    name: str, traceparents: Sequence[str], attributes: Mapping[str, AttributeValue] | None = None
) -> Iterator[None]:
    """Run a batch inside a span in the trace of its first sampled item, linked to those of the others.

    Each of the others gets a span of the same name and length in its own trace, linked to the first: whoever
    follows one item finds the batch that it was part of. Nothing is made where no item is sampled.
    """
    sampled = list(dict.fromkeys(it for it in traceparents if is_sampled(it)))
    if not sampled:
        yield
        return
    with (
        span(name, attributes=attributes, traceparent=sampled[0], links=sampled[1:]) as batch,
        ExitStack() as others,
    ):
        shared = [current_traceparent()]
        for traceparent in sampled[1:]:
            others.enter_context(span(name, traceparent=traceparent, links=shared))
        others.enter_context(use_span(batch))
        yield

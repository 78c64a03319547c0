"""Recorded events on their way into JetStream, strictly in order."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby
from uuid import uuid4

from nats.errors import ConnectionReconnectingError
from opentelemetry.util.types import AttributeValue

from libs.messaging.broker import Broker
from libs.messaging.cloudevents import domain_of, headers_of
from libs.messaging.outbox import Recorded
from libs.messaging.streams import jetstream, stream_of
from libs.telemetry import SpanKind, get_logger, is_sampled, meter, span

log = get_logger("libs.messaging")
published = meter().create_counter("retail.events.published", "{event}", "Events stored by the broker")

# The server's limit for one atomic batch.
ATOMIC_LIMIT = 1000
# Publishing is pure computation, and the service answers calls on the same loop.
YIELD_EVERY = 100


class Publisher:
    """Publishes batches that JetStream stores whole or not at all, so order survives any failure."""

    def __init__(self, broker: Broker, *, timeout: float = 5.0) -> None:
        self._broker = broker
        self._jetstream = jetstream(broker)
        self._timeout = timeout

    async def publish(self, events: Sequence[Recorded]) -> None:
        """Returns when the broker has stored all; after an exception any beginning of them may be stored."""
        if not self._broker.is_connected:
            # The client library would keep them and send them whenever, after newer ones perhaps.
            raise ConnectionReconnectingError
        for domain, run in runs_of(events):
            with publishing(domain, run):
                if len(run) == 1 or not await self._publish_atomically(run):
                    await self._publish_singly(run)
            published.add(len(run), {"domain": domain})

    async def _publish_atomically(self, events: Sequence[Recorded]) -> bool:
        """False when the broker refuses: the batch holds duplicates, or the stream takes no batches."""
        batch = {"Nats-Batch-Id": uuid4().hex}
        for number, event in enumerate(events[:-1], 1):
            headers = headers_of(event) | batch | {"Nats-Batch-Sequence": str(number)}
            await self._broker.publish_event(event.subject, event.payload, headers)
            if number % YIELD_EVERY == 0:
                await asyncio.sleep(0)
        last = events[-1]
        headers = (
            headers_of(last) | batch | {"Nats-Batch-Sequence": str(len(events)), "Nats-Batch-Commit": "1"}
        )
        reply = await self._broker.request(last.subject, last.payload, timeout=self._timeout, headers=headers)
        refusal = json.loads(reply.data).get("error")
        if refusal:
            log.info("batch_refused", reason=refusal.get("description"), events=len(events))
        return not refusal

    async def _publish_singly(self, events: Sequence[Recorded]) -> None:
        """One event after the other: slow, and right also when the broker already has some of them."""
        for event in events:
            await self._jetstream.publish(
                event.subject, event.payload, timeout=self._timeout, headers=headers_of(event)
            )


def runs_of(events: Sequence[Recorded]) -> Iterator[tuple[str, list[Recorded]]]:
    """Neighbours of one domain, at most as many as an atomic batch takes."""
    for domain, group in groupby(events, key=lambda event: domain_of(event.subject)):
        run = list(group)
        for start in range(0, len(run), ATOMIC_LIMIT):
            yield domain, run[start : start + ATOMIC_LIMIT]


def publishing(domain: str, events: Sequence[Recorded]) -> AbstractContextManager[object]:
    """A producer span in the trace of the first sampled event, linked to those of the others."""
    sampled = [event.traceparent for event in events if is_sampled(event.traceparent)]
    if not sampled:
        return nullcontext()
    attributes: dict[str, AttributeValue] = {
        "messaging.system": "nats",
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "messaging.destination.name": stream_of(domain),
        "messaging.batch.message_count": len(events),
    }
    name = f"publish {stream_of(domain)}"
    return span(name, SpanKind.PRODUCER, attributes, traceparent=sampled[0], links=sampled[1:])

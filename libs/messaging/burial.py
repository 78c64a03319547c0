"""Events that could not be handled, on their way into the stream of dead letters."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from nats.aio.client import Client

from libs.messaging.backoff import Backoff
from libs.messaging.cloudevents import MESSAGE_ID
from libs.messaging.failures import FailureClass
from libs.messaging.received import Received
from libs.messaging.streams import jetstream
from libs.telemetry import get_logger, meter

log = get_logger("libs.messaging")
dead_letters = meter().create_counter(
    "retail.events.dead_lettered", "{event}", "Events given up by a consumer"
)

SUBJECT_PREFIX = "retail.deadletter.v1"
BROKER_HEADER = "Nats-"
REASON_LIMIT = 500

# Headers of a dead letter, beside those of the original.
CLASS = "retail-dead-class"
REASON = "retail-dead-reason"
SUBJECT = "retail-dead-subject"
ATTEMPTS = "retail-dead-attempts"
SERVICE = "retail-dead-service"
CONSUMER = "retail-dead-consumer"
SEQUENCE = "retail-dead-sequence"
TIME = "retail-dead-time"
# Of an event that was redriven: the durable consumer that it is for, and nobody else.
REDRIVEN_FOR = "retail-dead-redriven-for"
OWN_PREFIX = "retail-dead-"


class Burial:
    """Writes the dead letters of one consumer."""

    def __init__(self, nats: Client, service: str, consumer: str) -> None:
        self._jetstream = jetstream(nats)
        self._service = service
        self._consumer = consumer

    async def bury(
        self, event: Received, category: FailureClass, error: BaseException, attempts: int
    ) -> None:
        """Returns when the dead letter is stored, however long that takes; twice the same is stored once."""
        log.error("event_buried", error, consumer=self._consumer, category=category, subject=event.subject)
        dead_letters.add(1, {"consumer": self._consumer, "class": category})
        headers = self._headers_of(event, category, reason_of(error), attempts)
        backoff = Backoff()
        while True:
            try:
                subject = f"{SUBJECT_PREFIX}.{self._service}.{self._consumer}"
                await self._jetstream.publish(subject, event.payload, headers=headers)
                return
            except Exception as trouble:
                log.error("burial_delayed", trouble, consumer=self._consumer)
            await asyncio.sleep(backoff.next())

    def _headers_of(
        self, event: Received, category: FailureClass, reason: str, attempts: int
    ) -> dict[str, str]:
        return without_broker_headers(event.headers) | {
            MESSAGE_ID: f"{self._service}.{self._consumer}.{event.subject}.{event.sequence}",
            CLASS: category,
            REASON: reason,
            SUBJECT: event.subject,
            ATTEMPTS: str(attempts),
            SERVICE: self._service,
            CONSUMER: self._consumer,
            SEQUENCE: str(event.sequence),
            TIME: datetime.now(UTC).isoformat(),
        }


def reason_of(error: BaseException) -> str:
    """The first line alone: a database's message may quote a row after it."""
    line = (str(error).splitlines() or [""])[0]
    return f"{type(error).__name__}: {line}"[:REASON_LIMIT]


def without_broker_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The broker would act on its own headers again, such as those of an atomic batch."""
    return {name: value for name, value in headers.items() if not name.startswith(BROKER_HEADER)}

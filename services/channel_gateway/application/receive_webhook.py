"""Store a storefront's message before it is answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.intake import Arrival, Problem, Reading, Reception, State, Stored
from services.channel_gateway.application.ports import Read, Unreadable

UNKNOWN_TOPIC = "unknown_topic"
INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A message whose signature is right. ``event_id`` is empty when the storefront names none."""

    message_id: UUID
    sender: str
    channel: str
    topic: str
    event_id: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    traceparent: str


@dataclass(frozen=True, slots=True)
class Received:
    stored: Stored
    followed: bool
    """False for a topic that is only acknowledged."""
    problems: Sequence[Problem]


async def receive_webhook(
    reception: Reception, read: Read, reads: Callable[[str], bool], webhook: Webhook
) -> Received:
    """Durable when this returns. A broken message is stored too, in quarantine, with the rules it breaks.

    Raises `Overloaded`, and what the database raises when it cannot be reached; nothing was stored then.
    """
    state, reason, reading = State.IGNORED, UNKNOWN_TOPIC, Reading("")
    if reads(webhook.topic):
        reading = reading_of(read, webhook.channel, webhook.topic, webhook.body)
        state, reason = (State.QUARANTINED, INVALID) if reading.problems else (State.RECEIVED, "")
    arrival = Arrival(
        message_id=webhook.message_id,
        sender=webhook.sender,
        topic=webhook.topic,
        sender_event_id=webhook.event_id,
        business_key=reading.business_key,
        body=webhook.body,
        headers=webhook.headers,
        received_at=webhook.received_at,
        traceparent=webhook.traceparent,
        state=state,
        reason=reason,
        problems=reading.problems,
    )
    return Received(await reception.store(arrival), state is not State.IGNORED, reading.problems)


def reading_of(read: Read, channel: str, topic: str, body: bytes) -> Reading:
    """The order that a body is about, or the rules it breaks."""
    try:
        return Reading(f"{channel}/{read(channel, topic, body).channel_order_id}")
    except Unreadable as error:
        return Reading("", error.problems)

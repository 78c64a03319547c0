"""Store a storefront's message before it is answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.intake import Arrival, Problem, Reading, Reception, State, Stored, Unreadable
from services.channel_gateway.application.ports import Envelope, Vendor

UNKNOWN_TOPIC = "unknown_topic"
INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A message whose sender is known."""

    message_id: UUID
    sender: str
    envelope: Envelope
    body: bytes
    received_at: datetime
    traceparent: str


@dataclass(frozen=True, slots=True)
class Received:
    stored: Stored
    followed: bool
    """False for a topic that is only acknowledged."""
    problems: Sequence[Problem]


async def receive_webhook(reception: Reception, vendor: Vendor, webhook: Webhook) -> Received:
    """Durable when this returns. A broken message is stored too, in quarantine, with the rules it breaks.

    Raises `Overloaded`, and what the database raises when it cannot be reached; nothing was stored then.
    """
    arrival = arrival_of(vendor, webhook)
    stored = await reception.store(arrival)
    return Received(stored, arrival.state is not State.IGNORED, arrival.problems)


def arrival_of(vendor: Vendor, webhook: Webhook) -> Arrival:
    envelope = webhook.envelope
    state, reason, reading = State.IGNORED, UNKNOWN_TOPIC, Reading("")
    if vendor.reads(envelope.topic):
        reading = reading_of(vendor, envelope.channel, envelope.topic, webhook.body)
        state, reason = (State.QUARANTINED, INVALID) if reading.problems else (State.RECEIVED, "")
    return Arrival(
        message_id=webhook.message_id,
        sender=webhook.sender,
        topic=envelope.topic,
        sender_event_id=envelope.event_id,
        business_key=reading.business_key,
        body=webhook.body,
        headers=envelope.headers,
        received_at=webhook.received_at,
        traceparent=webhook.traceparent,
        state=state,
        reason=reason,
        problems=reading.problems,
    )


def reading_of(vendor: Vendor, channel: str, topic: str, body: bytes) -> Reading:
    """The order that a body is about, or the rules it breaks."""
    try:
        return Reading(f"{channel}/{vendor.read(channel, topic, body).channel_order_id}")
    except Unreadable as error:
        return Reading("", error.problems)

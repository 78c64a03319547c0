"""Both kinds of what could not be handled, in one form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from libs.messaging.deadletters import DeadLetter
from libs.stack import StackError
from retailmesh.type.v1 import intake_pb2
from services.cli.finding import is_uuid
from services.cli.words import moment

EVENT = "event"
GATEWAYS = {"channel": "channel_gateway", "pos": "pos_gateway"}
"""Kind of a quarantined message → the gateway that keeps it."""


@dataclass(frozen=True, slots=True)
class LetterId:
    """``event:12`` is an event that a consumer gave up, ``channel:UUID`` and ``pos:UUID`` raw messages."""

    kind: str
    number: str

    @classmethod
    def parse(cls, text: str) -> "LetterId":
        """Raises StackError."""
        kind, _, number = text.partition(":")
        known = number.isdecimal() if kind == EVENT else kind in GATEWAYS and is_uuid(number)
        if not known:
            raise StackError(
                f"{text!r} names no dead letter; ids are event:NUMBER, channel:UUID and pos:UUID"
            )
        return cls(kind, number.lower())

    def __str__(self) -> str:
        return f"{self.kind}:{self.number}"

    @property
    def gateway(self) -> str:
        """Empty for an event."""
        return GATEWAYS.get(self.kind, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """``service`` and ``consumer`` gave it up; for a raw message that is the gateway and the sender.

    ``category`` is ``transient``, ``invalid``, ``refused`` or ``bug`` for an event and ``quarantined`` for a
    message. ``body`` may hold personal data and is empty in lists.
    """

    id: LetterId
    service: str
    consumer: str
    category: str
    reason: str
    type: str
    key: str
    time: datetime
    attempts: int
    trace_id: str = ""
    order_id: str = ""
    problems: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def described(self) -> dict[str, Any]:
        """As JSON, without the body."""
        return {
            "id": str(self.id),
            "service": self.service,
            "consumer": self.consumer,
            "class": self.category,
            "reason": self.reason,
            "type": self.type,
            "key": self.key,
            "time": self.time.isoformat(),
            "attempts": self.attempts,
            "trace_id": self.trace_id,
            "order_id": self.order_id,
            "problems": [{"field": where, "rule": rule} for where, rule in self.problems],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which letters; an empty field agrees with all. ``reason`` need only be part of theirs."""

    service: str = ""
    category: str = ""
    type: str = ""
    key: str = ""
    reason: str = ""

    def accepts(self, letter: Letter) -> bool:
        asked = (self.service, self.category, self.key)
        found = (letter.service, letter.category, letter.key)
        same = all(not ask or ask == have for ask, have in zip(asked, found, strict=True))
        # An event's type may be given without its package.
        of_type = not self.type or letter.type == self.type or letter.type.endswith(f".{self.type}")
        return same and of_type and self.reason in letter.reason


def letter_of_event(event: DeadLetter) -> Letter:
    return Letter(
        id=LetterId(EVENT, str(event.sequence)),
        service=event.service,
        consumer=event.consumer,
        category=event.category,
        reason=event.reason,
        type=event.type,
        key=event.key,
        time=event.time,
        attempts=event.attempts,
        trace_id=event.headers.get("traceparent", "")[3:35],
        headers=event.headers,
        body=event.payload,
    )


def letter_of_message(kind: str, message: intake_pb2.IntakeMessage) -> Letter:
    return Letter(
        id=LetterId(kind, message.message_id),
        service=GATEWAYS[kind],
        consumer=message.sender,
        category="quarantined",
        reason=message.reason,
        type=message.topic,
        key=message.business_key,
        time=moment(message.received_at),
        attempts=message.attempts,
        trace_id=message.trace_id,
        order_id=message.order_id,
        problems=[(problem.field, problem.rule) for problem in message.problems],
        headers={"sender-event-id": message.sender_event_id} if message.sender_event_id else {},
        body=message.body,
    )

"""An event as a service records it."""

import re
import zlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import protovalidate
from google.protobuf.message import Message

from libs.telemetry import current_traceparent, current_tracestate

PARTITIONS = 8
KEY_LIMIT = 256
# Well below the broker's 1 MiB: an event that it refused would block all later ones.
PAYLOAD_LIMIT = 900_000
TOKEN = re.compile(r"[a-z][a-z0-9_]*")
TYPE = re.compile(r"retailmesh\.(?P<domain>[a-z][a-z0-9_]*)\.v1\.[A-Z][A-Za-z0-9]*")

validator = protovalidate.Validator()


class InvalidMessage(ValueError):
    """A message breaks the rules that its contract states beside the fields."""


@dataclass(frozen=True, slots=True)
class Event:
    """A fact about one business object, in the past tense, with the state a consumer needs.

    ``type`` is the full name of the protobuf message in ``payload``. Events of one ``key`` (the CloudEvents
    subject: an order id, a SKU) reach each consumer in the order they were recorded. ``id`` identifies the
    fact for ever: whoever sees it twice has seen one event.
    """

    type: str
    key: str
    domain: str
    noun: str
    fact: str
    payload: bytes
    id: UUID
    time: datetime
    traceparent: str = ""
    tracestate: str = ""

    def __post_init__(self) -> None:
        if not (0 < len(self.key) <= KEY_LIMIT):
            raise ValueError(f"the key of {self.type} must have 1 to {KEY_LIMIT} characters")
        for token in (self.domain, self.noun, self.fact):
            if not TOKEN.fullmatch(token):
                raise ValueError(f"{token!r} cannot be part of a subject")
        if not (self.type + self.traceparent + self.tracestate).isprintable():
            raise ValueError(f"an attribute of {self.type!r} cannot be a header")
        if len(self.payload) > PAYLOAD_LIMIT:
            raise ValueError(f"{self.type} of {len(self.payload)} bytes exceeds {PAYLOAD_LIMIT}")
        if self.time.tzinfo is None:
            raise ValueError("the time of an event needs a time zone")

    @property
    def subject(self) -> str:
        """``retail.<domain>.v1.<noun>.<fact>.p<0..7>``; a key always falls into the same partition."""
        return f"retail.{self.domain}.v1.{self.noun}.{self.fact}.p{partition_of(self.key)}"


def event_of(
    message: Message,
    *,
    key: str,
    noun: str,
    fact: str,
    event_id: UUID,
    time: datetime,
    traceparent: str | None = None,
    tracestate: str | None = None,
) -> Event:
    """The event that ``message`` is the payload of; raises `InvalidMessage` where it breaks its contract.

    The event belongs to the current trace unless ``traceparent`` names another: a handler of several events
    passes on that of the one it answers.
    """
    name = message.DESCRIPTOR.full_name
    match = TYPE.fullmatch(name)
    if match is None:
        raise ValueError(f"{name} is not in a package retailmesh.<domain>.v1")
    validate(message)
    return Event(
        type=name,
        key=key,
        domain=match["domain"],
        noun=noun,
        fact=fact,
        payload=message.SerializeToString(),
        id=event_id,
        time=time,
        traceparent=current_traceparent() if traceparent is None else traceparent,
        tracestate=current_tracestate() if tracestate is None else tracestate,
    )


def validate(message: Message) -> None:
    """Raises `InvalidMessage` naming each field at fault, never its value."""
    violations = validator.collect_violations(message)
    if violations:
        problems = [f"{path_of(violation)}: {violation.proto.message}" for violation in violations]
        raise InvalidMessage(f"{message.DESCRIPTOR.full_name}: " + "; ".join(problems))


def path_of(violation: protovalidate.Violation) -> str:
    field = violation.proto.field
    return ".".join(element.field_name for element in field.elements) if field else "message"


def partition_of(key: str) -> int:
    return zlib.crc32(key.encode()) % PARTITIONS

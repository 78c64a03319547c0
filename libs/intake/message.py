"""A raw message, from its arrival to what became of it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """What became of a raw message; the value is what the database holds."""

    RECEIVED = "received"
    APPLIED = "applied"
    WAITING = "waiting"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    DISMISSED = "dismissed"


OPEN = frozenset({State.RECEIVED, State.WAITING, None})
"""States in which the worker still has something to do; None stands for the one a message had before."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that a message breaks; ``field`` is a path in the sender's own terms."""

    field: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message as it came, with what could be told of it before it was stored.

    ``state`` is RECEIVED for the worker, IGNORED for what is only acknowledged, QUARANTINED for what cannot
    be read. ``digest`` tells two contents apart; empty stands for the SHA-256 of the body. ``headers`` hold
    no secret and no signature.
    """

    message_id: UUID
    sender: str
    topic: str
    sender_event_id: str
    business_key: str
    body: bytes
    received_at: datetime
    traceparent: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    state: State = State.RECEIVED
    reason: str = ""
    problems: Sequence[Problem] = ()
    digest: bytes = b""
    sets_aside_changes: bool = False
    """True when the same event with other content must be looked at by a person, not taken for a repeat."""

    @property
    def key(self) -> tuple[str, str, str]:
        """The first key against repeats. One event may come under several topics."""
        return self.sender, self.topic, self.sender_event_id

    @property
    def content_digest(self) -> bytes:
        return self.digest or hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True)
class Stored:
    """The answer to an arrival: which message it is, and whether it had come before."""

    message_id: UUID
    repeated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A stored message as the worker takes it; ``body`` is the corrected one where a person gave one."""

    message_id: UUID
    sender: str
    topic: str
    business_key: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    traceparent: str
    state: State
    attempts: int
    failures: int
    resubmitted: bool
    """True when it had been set aside and was handed in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A stored message as operators see it; ``body`` is empty in lists."""

    position: int
    message_id: UUID
    sender: str
    topic: str
    sender_event_id: str
    business_key: str
    received_at: datetime
    state: State
    reason: str
    problems: Sequence[Problem]
    attempts: int
    traceparent: str
    order_id: str
    repeats: int
    note: str
    body: bytes = b""

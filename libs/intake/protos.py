"""Stored messages as ``retailmesh.type.v1.IntakeMessage``, in answers and in events."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from google.protobuf.message import Message as ProtobufMessage

from libs.intake.message import Record, State
from libs.messaging import Event, event_of
from libs.protos import timestamp_to_proto
from retailmesh.type.v1 import intake_pb2

STATES = {state: f"INTAKE_STATE_{state.name}" for state in State}
BY_NUMBER = {intake_pb2.IntakeState.Value(name): state for state, name in STATES.items()}


class Announcement(Protocol):
    """A class of event messages that carry a raw message and nothing else."""

    def __call__(self, *, message: intake_pb2.IntakeMessage) -> ProtobufMessage: ...


@dataclass(frozen=True, slots=True)
class Announcements:
    """The gateway's own events; subjects ``message.quarantined`` and ``message.resolved``."""

    quarantined: Announcement
    resolved: Announcement

    def events_of(self, records: Sequence[Record], now: datetime) -> list[Event]:
        """What is told of messages that have just been set aside, or settled after that."""
        return [self._event_of(record, now) for record in records]

    def _event_of(self, record: Record, now: datetime) -> Event:
        aside = record.state is State.QUARANTINED
        kind = self.quarantined if aside else self.resolved
        return event_of(
            kind(message=record_to_proto(record)),
            key=record.business_key or str(record.message_id),
            noun="message",
            fact="quarantined" if aside else "resolved",
            event_id=uuid4(),
            time=now,
            traceparent=record.traceparent,
        )


def record_to_proto(record: Record) -> intake_pb2.IntakeMessage:
    return intake_pb2.IntakeMessage(
        message_id=str(record.message_id),
        sender=record.sender,
        topic=record.topic,
        sender_event_id=record.sender_event_id,
        business_key=record.business_key,
        received_at=timestamp_to_proto(record.received_at),
        state=STATES[record.state],
        reason=record.reason,
        problems=[
            intake_pb2.IntakeProblem(field=problem.field, rule=problem.rule) for problem in record.problems
        ],
        attempts=record.attempts,
        trace_id=record.traceparent[3:35],
        order_id=record.order_id,
        body=record.body,
        repeats=record.repeats,
        note=record.note,
    )

"""An event as a consumer gets it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as QuickUUID
from google.protobuf.message import Message
from nats.aio.msg import Msg

from libs.messaging.cloudevents import ID, TIME, TRACEPARENT, TYPE, key_of
from libs.messaging.event import InvalidMessage

M = TypeVar("M", bound=Message)

ACK_TOKENS_WITHOUT_DOMAIN = 9
NOBODY = UUID(int=0)
LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(slots=True)
class Received:
    """An event with its CloudEvents attributes: ``key`` is their subject, ``time`` when it happened."""

    id: UUID
    type: str
    key: str
    time: datetime
    payload: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    traceparent: str = ""
    """What to pass on to events and calls that this event causes."""
    subject: str = ""
    reply: str = ""
    """Where the broker awaits the acknowledgement."""

    def read(self, kind: Callable[[], M]) -> M:
        """The payload as that message class; raises protobuf's DecodeError, which ends in a dead letter."""
        message = kind()
        message.ParseFromString(self.payload)
        return message

    @property
    def sequence(self) -> int:
        """Position in the stream, 0 outside of one."""
        tokens = self.reply.split(".")
        if len(tokens) < ACK_TOKENS_WITHOUT_DOMAIN:
            return 0
        return int(tokens[5] if len(tokens) == ACK_TOKENS_WITHOUT_DOMAIN else tokens[7])


def unreadable_of(message: Msg) -> Received:
    """What is left of a message that is no event, enough to bury it."""
    return Received(
        id=NOBODY,
        type="",
        key="",
        time=LONG_AGO,
        payload=message.data,
        headers=message.headers or {},
        subject=message.subject,
        reply=message.reply,
    )


def received_of(message: Msg) -> Received:
    """Raises `InvalidMessage` where the message is not one of our events."""
    headers = message.headers or {}
    try:
        return Received(
            id=QuickUUID(headers[ID]),
            type=headers[TYPE],
            key=key_of(headers),
            time=datetime.fromisoformat(headers[TIME]),
            payload=message.data,
            headers=headers,
            traceparent=headers.get(TRACEPARENT, ""),
            subject=message.subject,
            reply=message.reply,
        )
    except (KeyError, ValueError) as error:
        raise InvalidMessage(f"not a CloudEvent of retailmesh: {error}") from error

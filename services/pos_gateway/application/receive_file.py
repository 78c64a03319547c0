"""Store a till's file before it is answered."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.intake import Arrival, Problem, Reading, Reception, State, Stored, Unreadable
from services.pos_gateway.application.apply_messages import FILE, TRANSACTION

INVALID = "invalid"
LARGE = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TillFile:
    """A file whose signature is right. ``sender`` is ``store/till``."""

    message_id: UUID
    sender: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    traceparent: str


@dataclass(frozen=True, slots=True)
class Received:
    stored: Stored
    problems: Sequence[Problem]


Check = Callable[[bytes], object]
"""Whether a file is whole and harmless. Raises `Unreadable`."""
KeyOf = Callable[[bytes], str]
"""The key of the one transaction in a document. Raises `Unreadable`."""


async def receive_file(reception: Reception, check: Check, file: TillFile) -> Received:
    """Durable when this returns. A file that is cut off or hostile is stored too, whole, in quarantine.

    A file is told by its content: a till that sends an hour again may give it another name, and one that
    sends the whole of a cut-off file gives it the same. Raises `Overloaded`, and what an unreachable database
    raises.
    """
    problems = await problems_of(check, file.body)
    digest = hashlib.sha256(file.body)
    arrival = Arrival(
        message_id=file.message_id,
        sender=file.sender,
        topic=FILE,
        sender_event_id=f"sha256:{digest.hexdigest()}",
        business_key=f"{file.sender}/{digest.hexdigest()[:16]}",
        body=file.body,
        digest=digest.digest(),
        headers=file.headers,
        received_at=file.received_at,
        traceparent=file.traceparent,
        state=State.QUARANTINED if problems else State.RECEIVED,
        reason=INVALID if problems else "",
        problems=problems,
    )
    return Received(await reception.store(arrival), problems)


async def problems_of(check: Check, body: bytes) -> Sequence[Problem]:
    """A large file is parsed beside the event loop: others want to be answered meanwhile."""
    try:
        await asyncio.to_thread(check, body) if len(body) > LARGE else check(body)
    except Unreadable as error:
        return error.problems
    return ()


def reading_of(check: Check, key_of: KeyOf, topic: str, body: bytes) -> Reading:
    """What a corrected body is about, or the rules it breaks."""
    try:
        if topic == TRANSACTION:
            return Reading(key_of(body))
        check(body)
    except Unreadable as error:
        return Reading("", error.problems)
    return Reading("")

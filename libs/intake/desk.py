"""What a person at the desk sees of raw messages, and does with those in quarantine."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import retry_conflicts, transaction
from libs.idempotency import Answer, recall, remember
from libs.intake import statements
from libs.intake.message import Problem, Record, State
from libs.intake.protos import Announcements
from libs.intake.rows import record_of
from libs.intake.store import announce
from libs.paging import Page, page_of, position_of
from libs.refusals import NotFound, Refusal, RequestIdReused
from libs.rpc import caller
from libs.rpc.refusals import FieldViolation, InvalidRequest
from libs.telemetry import get_logger

log = get_logger(__name__)

NEWEST = 2**62
POLL_SECONDS = 0.05


class NotQuarantined(Refusal):
    """Only quarantined messages are applied again or dismissed."""

    reason = "ERROR_REASON_NOT_QUARANTINED"


class BodyInvalid(InvalidRequest):
    """The corrected body breaks rules; the violations name its own fields."""

    reason = "ERROR_REASON_BODY_INVALID"

    def __init__(self, problems: Sequence[Problem]) -> None:
        violations = [FieldViolation(problem.field or "corrected_body", problem.rule) for problem in problems]
        super().__init__("the corrected body breaks a rule", violations)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a gateway makes of a body: the document it is about, or the rules it breaks."""

    business_key: str
    problems: Sequence[Problem] = ()


Read = Callable[[str, str, bytes], Reading]
"""Of a message's sender, topic and body."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty fields stand for all."""

    states: Sequence[State] = ()
    business_key: str = ""
    order_id: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """The mutation asked for: a repeat has the same ``request_id`` and the same ``digest`` of its body."""

    rpc: str
    request_id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Count:
    topic: str
    state: State
    reason: str
    messages: int


class Desk:
    """Reads and decisions on raw messages. ``patience`` is how long `resubmit` waits for the worker."""

    def __init__(
        self, engine: AsyncEngine, announcements: Announcements, read: Read, *, patience: timedelta
    ) -> None:
        self._engine = engine
        self._announcements = announcements
        self._read = read
        self._patience = patience.total_seconds()

    async def list(self, wanted: Filter, size: int, token: str) -> Page[Record]:
        """Newest first, without bodies. Raises `PageTokenInvalid`."""
        scope = f"ListMessages {sorted(wanted.states)} {wanted.business_key} {wanted.order_id}"
        (before,) = position_of(scope, token) or (str(NEWEST),)
        asked = {
            "before": int(before),
            "states": list(wanted.states),
            "business_key": wanted.business_key,
            "order_id": wanted.order_id,
            "limit": size + 1,
        }
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(statements.LIST, asked)).mappings()
            records = [record_of(row) for row in rows]
        return page_of(scope, records, size, lambda record: (str(record.position),))

    async def get(self, message_id: UUID) -> Record:
        """With its body, the corrected one where there is one. Raises `NotFound`."""
        async with transaction(self._engine) as connection:
            found = await connection.execute(statements.GET, {"message_id": message_id})
            row = found.mappings().one_or_none()
        if row is None:
            raise NotFound(f"no message {message_id}", field="message_id")
        return record_of(row)

    async def summarize(self) -> tuple[Sequence[Count], int]:
        """Counts by topic, state and reason, and the number of messages refused unread."""
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(statements.SUMMARIZE)).mappings()
            counts = [Count(r["topic"], State(r["state"]), r["reason"], r["messages"]) for r in rows]
            refused = (await connection.execute(statements.SUM_REFUSED)).scalar_one()
        return counts, refused

    async def resubmit(self, call: Call, message_id: UUID, corrected_body: bytes, now: datetime) -> Record:
        """Have a quarantined message applied again, and answer it once the worker is done with it.

        An empty ``corrected_body`` applies the stored one; the original is kept in any case. When the worker
        takes longer than the desk's patience, the message is answered as it is then. A repeat answers the
        same message. Raises `NotFound`, `NotQuarantined`, `BodyInvalid`, `RequestIdReused`.
        """

        async def hand_in(connection: AsyncConnection, sender: str, topic: str) -> None:
            key = self._key_of(sender, topic, corrected_body) if corrected_body else ""
            given = {"message_id": message_id, "now": now, "body": corrected_body or None}
            await connection.execute(statements.HAND_IN_AGAIN, given | {"digest": None, "business_key": key})
            await connection.execute(statements.ANNOUNCE)

        await self._decide(call, message_id, hand_in)
        log.info(
            "message_handed_in_again", message_id=message_id, by=caller(), corrected=bool(corrected_body)
        )
        return await self._settled(message_id)

    async def dismiss(self, call: Call, message_id: UUID, note: str, now: datetime) -> Record:
        """Drop a quarantined message; it stays stored. Raises as `resubmit`."""

        async def drop(connection: AsyncConnection, sender: str, topic: str) -> None:
            given = {"message_id": message_id, "note": note, "now": now}
            await connection.execute(statements.DISMISS, given)
            await announce(connection, self._announcements, [message_id], now)

        await self._decide(call, message_id, drop)
        log.info("message_dismissed", message_id=message_id, by=caller())
        return await self.get(message_id)

    async def _decide(
        self,
        call: Call,
        message_id: UUID,
        act: Callable[[AsyncConnection, str, str], Awaitable[None]],
    ) -> None:
        async def run() -> None:
            async with transaction(self._engine) as connection:
                found = await connection.execute(statements.LOCK, {"message_id": message_id})
                row = found.mappings().one_or_none()
                answered = await recall(connection, call.rpc, {call.request_id: call.digest})
                if isinstance(refusal := answered.get(call.request_id), RequestIdReused):
                    raise refusal
                if answered:
                    return
                if row is None:
                    raise NotFound(f"no message {message_id}", field="message_id")
                if row["state"] != State.QUARANTINED:
                    raise NotQuarantined(f"the message is {row['state']}", state=row["state"])
                await act(connection, row["sender"], row["topic"])
                answer = Answer(call.request_id, call.digest, message_id.bytes)
                await remember(connection, call.rpc, [answer])

        await retry_conflicts(run)

    def _key_of(self, sender: str, topic: str, body: bytes) -> str:
        reading = self._read(sender, topic, body)
        if reading.problems:
            raise BodyInvalid(reading.problems)
        return reading.business_key

    async def _settled(self, message_id: UUID) -> Record:
        # The worker may run in another process, so its result is looked for where both can see it.
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        record = await self.get(message_id)
        while record.state is State.RECEIVED and loop.time() < until:
            await asyncio.sleep(POLL_SECONDS)
            record = await self.get(message_id)
        return record

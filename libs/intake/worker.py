"""Takes stored messages in order, has them applied in batches and records what became of each."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import Lead, is_unavailable, leadership, transaction
from libs.intake import statements
from libs.intake.limits import Limits
from libs.intake.message import Message
from libs.intake.outcome import Outcome
from libs.intake.protos import Announcements
from libs.intake.rows import message_of
from libs.intake.settle import settle
from libs.refusals import Overloaded, Unavailable
from libs.telemetry import get_logger

log = get_logger(__name__)

Apply = Callable[[Sequence[Message]], Awaitable[Sequence[Outcome]]]

CHANNEL = "raw_messages"
POSTPONING = (Unavailable, Overloaded)


class Worker:
    """Applies messages through ``apply``, which answers each with an `Outcome`.

    ``apply`` gets messages of distinct documents, in the order of their arrival; messages about one document
    come one after the other. It must be idempotent: after a crash a message comes again although its effect
    may have happened. Raising `Unavailable` or `Overloaded`, or failing for want of the database, leaves the
    messages as they were; any other exception makes each message be applied alone and then counts as an
    attempt. Only one worker of a database is active; the others stand by.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        apply: Apply,
        announcements: Announcements,
        limits: Limits,
        *,
        application_name: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._apply = apply
        self._announcements = announcements
        self._limits = limits
        self._now = now
        self._name = application_name
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._leads = False
        self._pauses = 0

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="intake worker")

    async def stop(self) -> None:
        """Finish the batch under way; another process may lead then."""
        self._stop.set()
        self._wake.set()
        if self._task is not None:
            if not self._leads:
                self._task.cancel()
            await asyncio.wait([self._task])

    def healthy(self) -> bool:
        return self._task is not None and not self._task.done()

    async def _run(self) -> None:
        while not self._stop.is_set():
            try:
                async with leadership(
                    self._engine.url, "intake", application_name=self._name, standing_by=self._reached
                ) as lead:
                    await self._lead(lead)
            except Exception as error:
                self._report(error)
                await self._pause()

    async def _lead(self, lead: Lead) -> None:
        self._leads = True
        await lead.connection.add_listener(CHANNEL, lambda *_: self._wake.set())
        lead.connection.add_termination_listener(lambda _: self._wake.set())
        try:
            while not (self._stop.is_set() or lead.lost.is_set()):
                self._wake.clear()
                await self._work()
        finally:
            self._leads = False

    def _reached(self) -> None:
        self._pauses = 0

    def _report(self, error: Exception) -> None:
        if is_unavailable(error):
            log.warning("intake_interrupted", error_type=type(error).__name__)
        else:
            log.error("intake_interrupted", error=error)

    async def _work(self) -> None:
        now = self._now()
        messages = await self._take(now)
        if not messages:
            await self._rest(self._wake, await self._seconds_until_due(now))
            return
        outcomes = await self._applied(messages)
        settled = list(zip(messages, outcomes, strict=True))
        await settle(self._engine, self._announcements, self._limits, settled, self._now())
        if all(outcome.postponed for outcome in outcomes):
            log.warning("intake_postponed", messages=len(messages), reason=outcomes[0].reason)
            await self._pause()
        else:
            self._pauses = 0

    async def _take(self, now: datetime) -> list[Message]:
        asked = {"now": now, "batch": self._limits.batch, "batch_bytes": self._limits.batch_bytes}
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(statements.TAKE, asked)).mappings()
            return [message_of(row) for row in rows]

    async def _seconds_until_due(self, now: datetime) -> float:
        async with transaction(self._engine) as connection:
            due = (await connection.execute(statements.NEXT_DUE, {"now": now})).scalar_one()
        sweep = self._limits.sweep.total_seconds()
        return sweep if due is None else min(sweep, max(0.0, (due - self._now()).total_seconds()))

    async def _applied(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        try:
            return await self._apply(messages)
        except Exception as error:
            if is_outage(error):
                return [Outcome.postpone("dependency_unavailable")] * len(messages)
            log.error("intake_batch_failed", error=error, messages=len(messages))
            if len(messages) == 1:
                return [Outcome.fail("failed")]
        return [(await self._applied([message]))[0] for message in messages]

    async def _pause(self) -> None:
        """Longer each time, and never the same twice: a service that comes back is not met by a crowd."""
        length = min(self._limits.longest_pause, self._limits.backoff(self._pauses, random.random()))
        self._pauses += 1
        await self._rest(self._stop, length.total_seconds())

    async def _rest(self, until: asyncio.Event, seconds: float) -> None:
        with suppress(TimeoutError):
            if not self._stop.is_set():
                await asyncio.wait_for(until.wait(), seconds)


def is_outage(error: Exception) -> bool:
    return isinstance(error, POSTPONING) or is_unavailable(error)

"""Storing arrivals of many concurrent requests together."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.batch import MicroBatcher
from libs.intake.message import Arrival, Stored
from libs.intake.protos import Announcements
from libs.intake.store import store
from libs.refusals import Refusal


class Reception:
    """``await reception.store(arrival)`` returns when the message survives a crash, and not before."""

    def __init__(
        self,
        engine: AsyncEngine,
        announcements: Announcements,
        now: Callable[[], datetime],
        *,
        max_batch: int,
        max_queue: int,
    ) -> None:
        self._engine = engine
        self._announcements = announcements
        self._now = now
        # One batch at a time keeps the order of arrival, in which messages are applied.
        self._batcher: MicroBatcher[Arrival, Stored] = MicroBatcher(
            self._store, name="intake", max_batch=max_batch, max_queue=max_queue, concurrency=1
        )

    async def store(self, arrival: Arrival) -> Stored:
        """Raises `Overloaded` when too many wait, and what the database raises when it is unreachable."""
        return await self._batcher.submit(arrival)

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        await self._batcher.close()

    async def _store(self, arrivals: Sequence[Arrival]) -> Sequence[Stored | Refusal | Exception]:
        return await store(self._engine, self._announcements, arrivals, self._now())

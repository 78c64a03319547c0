"""Messages refused unread leave nothing behind but a number."""

import asyncio
from collections import Counter

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import transaction
from libs.intake import statements
from libs.telemetry import get_logger

log = get_logger(__name__)

RETRY_SECONDS = 1.0


class RefusedCounter:
    """Counts by reason. A flood costs one statement at a time, however many messages it brings.

    What was counted in the last instant before a crash is lost; nothing else is.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._unwritten: Counter[str] = Counter()
        self._writer: asyncio.Task[None] | None = None

    def add(self, reason: str) -> None:
        self._unwritten[reason] += 1
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_until_none_is_left())

    async def start(self) -> None:
        return None

    async def stop(self) -> None:
        """Writes what is left, unless the database cannot be reached."""
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        if self._unwritten:
            await self._write()

    async def _write_until_none_is_left(self) -> None:
        while self._unwritten:
            if not await self._write():
                await asyncio.sleep(RETRY_SECONDS)

    async def _write(self) -> bool:
        counted = self._unwritten.copy()
        columns = {"reason": sorted(counted), "messages": [counted[reason] for reason in sorted(counted)]}
        try:
            async with transaction(self._engine) as connection:
                await connection.execute(statements.COUNT_REFUSED, columns)
        except Exception as error:
            log.warning("refused_messages_not_counted", error_type=type(error).__name__)
            return False
        self._unwritten -= counted
        return True

"""Events that were under way when a process died: one of them may be the reason.

Their attempts are counted in the database before they are made. A first time they are handled together
like any others; if the process dies again, one by one; and the one that survives no attempt is buried.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import transaction
from libs.messaging.failures import FailureClass
from libs.messaging.inbox import attempts_of_suspects, clear_suspects, suspect, without_processed
from libs.messaging.processor import Processor
from libs.messaging.received import Received


class EndedTheProcess(Exception):
    """The process died each time it handled the event."""


class Suspects:
    """Handles the events up to ``last_sequence`` of the stream, which an earlier process left unfinished."""

    def __init__(self, engine: AsyncEngine, consumer: str, attempts: int, last_sequence: int) -> None:
        self._engine = engine
        self._consumer = consumer
        self._attempts = attempts
        self._last_sequence = last_sequence

    async def handle(self, processor: Processor, events: list[Received]) -> list[Received]:
        """Settle the suspects among the events, and give the others."""
        if not self._last_sequence:
            return events
        suspects = [event for event in events if event.sequence <= self._last_sequence]
        others = [event for event in events if event.sequence > self._last_sequence]
        if suspects:
            await self._handle_suspects(processor, suspects)
        if others:
            await self._acquit()
        return others

    async def _handle_suspects(self, processor: Processor, events: Sequence[Received]) -> None:
        async with transaction(self._engine) as connection:
            unfinished = await without_processed(connection, self._consumer, events)
            attempts = await attempts_of_suspects(connection, self._consumer, unfinished)
            if not attempts:
                await suspect(connection, self._consumer, unfinished)
        if not attempts:
            await processor.handle(events)
            return
        for event in events:
            await self._handle_alone(processor, event, attempts.get(event.id, 0))

    async def _handle_alone(self, processor: Processor, event: Received, attempts: int) -> None:
        if attempts >= self._attempts:
            error = EndedTheProcess(f"{attempts} attempts")
            await processor.bury(event, FailureClass.BUG, error, attempts)
            return
        async with transaction(self._engine) as connection:
            await suspect(connection, self._consumer, [event])
        await processor.handle([event])

    async def _acquit(self) -> None:
        self._last_sequence = 0
        async with transaction(self._engine) as connection:
            await clear_suspects(connection, self._consumer)

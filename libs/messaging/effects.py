"""The effect of events, in the one transaction that also notes them as processed."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import retry_conflicts, transaction
from libs.messaging.consuming import consuming
from libs.messaging.handlers import BatchHandler, Handler, Prepared
from libs.messaging.inbox import record_processed, without_processed
from libs.messaging.received import Received

CONFLICT_ATTEMPTS = 3


class Effects:
    """Calls handlers so that each event takes effect once, however often it is delivered."""

    def __init__(self, engine: AsyncEngine, consumer: str) -> None:
        self._engine = engine
        self.consumer = consumer

    async def apply(self, handler: Handler, events: Sequence[Received]) -> None:
        """All events take effect or none does; those processed before are passed over."""
        with consuming(self.consumer, events):
            if isinstance(handler, Prepared):
                await self._apply_prepared(handler, events)
            else:
                await retry_conflicts(lambda: self._commit(handler, events), attempts=CONFLICT_ATTEMPTS)

    async def _apply_prepared(self, handler: Prepared[object], events: Sequence[Received]) -> None:
        async with transaction(self._engine) as connection:
            new = await without_processed(connection, self.consumer, events)
        if not new:
            return
        prepared = await handler.prepare(new)

        async def handle(connection: AsyncConnection, fresh: Sequence[Received]) -> None:
            await handler.handle(connection, fresh, prepared)

        await retry_conflicts(lambda: self._commit(handle, new), attempts=CONFLICT_ATTEMPTS)

    async def _commit(self, handle: BatchHandler, events: Sequence[Received]) -> None:
        async with transaction(self._engine) as connection:
            fresh = await record_processed(connection, self.consumer, events)
            if fresh:
                await handle(connection, fresh)

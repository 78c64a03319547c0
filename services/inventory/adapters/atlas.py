"""Locations and rules in memory, from our own tables, and from master data where those know too little."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import transaction
from services.inventory.adapters import rows, statements
from services.inventory.domain.places import Location, Places

AskLocations = Callable[[], Awaitable[Sequence[Location]]]


class CachedAtlas:
    """The `Atlas` port.

    refresh_seconds: how old the answer may be when another process changed a rule or heard of a location.
    ask_seconds: how long master data is not asked again, so that a wrong id in every call costs it nothing.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        ask: AskLocations,
        *,
        refresh_seconds: float,
        ask_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = engine
        self._ask = ask
        self._refresh_seconds = refresh_seconds
        self._ask_seconds = ask_seconds
        self._clock = clock
        self._lock = asyncio.Lock()
        self._places: Places | None = None
        self._stale_at = 0.0
        self._ask_at = 0.0

    async def places(self) -> Places:
        async with self._lock:
            if self._places is None or self._clock() >= self._stale_at:
                # Set before reading: whoever says forget meanwhile must not be overwritten.
                self._stale_at = self._clock() + self._refresh_seconds
                self._places = await self._read()
            return self._places

    async def learn(self, location_ids: Collection[str]) -> Places:
        places = await self.places()
        if all(location_id in places for location_id in location_ids) or self._clock() < self._ask_at:
            return places
        locations = await self._ask()
        self._ask_at = self._clock() + self._ask_seconds
        if locations:
            async with transaction(self._engine) as connection:
                await connection.execute(statements.SAVE_LOCATIONS, rows.location_columns(locations))
        self.forget()
        return await self.places()

    def forget(self) -> None:
        self._stale_at = 0.0

    async def _read(self) -> Places:
        async with self._engine.connect() as connection:
            locations = (await connection.execute(statements.ALL_LOCATIONS)).all()
            rules = (await connection.execute(statements.ALL_RULES)).all()
        return Places(map(rows.location_of, locations), map(rows.rule_of, rules))

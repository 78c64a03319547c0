"""Locations and rules in memory, from our own tables, and from master data where those know too little."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import transaction
from libs.readthrough import ReadThrough
from services.inventory.adapters import rows, statements
from services.inventory.domain.places import Location, Places

AskLocations = Callable[[], Awaitable[Sequence[Location]]]
MOST_UNKNOWN = 10_000
"""Location ids remembered as unknown to master data."""


class CachedAtlas:
    """The `Atlas` port.

    refresh_seconds: how old the answer may be when another process changed a rule or heard of a location.
    ask_seconds: how long master data is not asked again about an id that it did not know.
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
        self._clock = clock
        self._lock = asyncio.Lock()
        self._places: Places | None = None
        self._stale_at = 0.0
        self._asked: ReadThrough[str, Location] = ReadThrough(
            self._load,
            name="locations",
            max_entries=MOST_UNKNOWN,
            ttl_seconds=ask_seconds,
            missing_ttl_seconds=ask_seconds,
            concurrency=1,
            now=clock,
        )

    async def places(self) -> Places:
        async with self._lock:
            if self._places is None or self._clock() >= self._stale_at:
                # Set before reading: whoever says forget meanwhile must not be overwritten.
                self._stale_at = self._clock() + self._refresh_seconds
                self._places = await self._read()
            return self._places

    async def learn(self, location_ids: Collection[str]) -> Places:
        places = await self.places()
        unknown = [location_id for location_id in location_ids if location_id not in places]
        if unknown and await self._asked.get_many(unknown):
            places = await self.places()
        return places

    def forget(self) -> None:
        self._stale_at = 0.0

    async def _load(self, location_ids: Sequence[str]) -> Mapping[str, Location]:
        """Master data lists all locations in a call or two, so what was not asked for is kept as well."""
        locations = await self._ask()
        if locations:
            async with transaction(self._engine) as connection:
                await connection.execute(statements.SAVE_LOCATIONS, rows.location_columns(locations))
            self.forget()
        return {location.location_id: location for location in locations}

    async def _read(self) -> Places:
        async with self._engine.connect() as connection:
            locations = (await connection.execute(statements.ALL_LOCATIONS)).all()
            rules = (await connection.execute(statements.ALL_RULES)).all()
        return Places(map(rows.location_of, locations), map(rows.rule_of, rules))

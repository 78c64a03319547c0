"""Create or replace locations."""

from collections.abc import Sequence
from datetime import datetime

from services.master_data.application.ports import Call, Store
from services.master_data.domain.events import LocationChanged
from services.master_data.domain.parties import Location
from services.master_data.domain.recorded import Recorded, Upserted, refuse_duplicates


async def upsert_locations(
    store: Store, call: Call, locations: Sequence[Location], now: datetime
) -> Upserted:
    """All of the batch or nothing; a location that is the same already keeps its version and makes no event.

    Raises `DuplicateInBatch`.
    """
    refuse_duplicates("location", (location.location_id for location in locations))
    async with store.begin() as transaction:
        if answered := await transaction.recall(call):
            return answered
        versions = await transaction.save_locations(locations, now)
        changed = [location for location in locations if location.location_id in versions]
        await transaction.record(
            [
                LocationChanged(Recorded(location, versions[location.location_id], now))
                for location in changed
            ],
            now,
        )
        return await transaction.answer(call, Upserted.counted(versions.values(), len(locations)))

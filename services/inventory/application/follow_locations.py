"""Keep up with the locations of master data."""

from collections.abc import Sequence

from services.inventory.application.ports import Atlas, Transaction
from services.inventory.domain.places import Location


async def follow_locations(transaction: Transaction, atlas: Atlas, locations: Sequence[Location]) -> None:
    """Take changes over; one that is older than what is known changes nothing."""
    newest: dict[str, Location] = {}
    for location in sorted(locations, key=lambda it: it.version):
        newest[location.location_id] = location
    await transaction.save_locations(list(newest.values()))
    atlas.forget()

"""Set levels to what was counted."""

from collections.abc import Sequence

from services.inventory.application._carry_out import Clock, Load, Result, carry_out
from services.inventory.application._load import refuse_missing
from services.inventory.application.ports import Atlas, Call, Store, Transaction
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Count
from services.inventory.domain.places import Places

RPC = "CountStock"


async def count_stock(store: Store, atlas: Atlas, call: Call, *, clock: Clock) -> Result:
    """Answer one call, carried out as a whole or not at all."""
    assert isinstance(call.command, Count)
    places = await atlas.learn({counted.location_id for counted in call.command.counts})
    [result] = await carry_out(store, [call], rpc=RPC, load=load_counts(places), clock=clock)
    return result


def load_counts(places: Places) -> Load:
    """Raises `LevelsMissing`."""

    async def load(transaction: Transaction, commands: Sequence[Count]) -> Book:
        [command] = commands
        counts = {(it.sku, it.location_id): it for it in command.counts if it.location_id in places}
        levels = await transaction.lock_levels(counts)
        refuse_missing({key: counted.unit for key, counted in counts.items()}, levels)
        moved = await transaction.moved_since(counts, command.counted_at)
        short = {
            level.key: level.reserved
            for level in levels
            if counts[level.key].quantity + moved.get(level.key, 0) < level.reserved
        }
        reservations = await transaction.newest_reservations(short) if short else []
        return Book(places, levels, reservations, moved)

    return load

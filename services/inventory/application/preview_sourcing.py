"""Say where an order would be sourced from."""

from services.inventory.application.ports import Atlas, Store
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Reserve
from services.inventory.domain.sourcing import Sourced, source


async def preview_sourcing(store: Store, atlas: Atlas, order: Reserve) -> Sourced:
    """What `reserve_stock` would decide now. Raises `DuplicateLine`, `UnitMismatch`."""
    places = await atlas.places()
    ranking = places.ranking(order.channel, order.region)
    async with store.begin() as transaction:
        skus = {line.sku for line in order.lines}
        book = Book(places, await transaction.find_candidates(skus, ranking.candidates))
    book.check(order.lines)
    return source(order.lines, ranking, book.stock, order.excluded)

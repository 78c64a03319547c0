"""Give back what was promised to orders that nobody recorded in time."""

from datetime import datetime

from libs.database import retry_conflicts
from libs.refusals import Refusal
from services.inventory.application._load import load_orders
from services.inventory.application.ports import Atlas, Store, Told
from services.inventory.domain.commands import Expire
from services.inventory.domain.decide import decide


async def expire_reservations(store: Store, atlas: Atlas, *, now: datetime, limit: int) -> None:
    """Deal with all of them, ``limit`` orders in a transaction; several processes may do this at once."""
    dealt_with = limit
    while dealt_with == limit:
        dealt_with = await expire_some(store, atlas, now, limit)


async def expire_some(store: Store, atlas: Atlas, now: datetime, limit: int) -> int:
    load = load_orders(await atlas.places())

    async def attempt() -> int:
        async with store.begin() as transaction:
            commands = [Expire(order_id) for order_id in await transaction.take_expired(now, limit)]
            if commands:
                book = await load(transaction, commands)
                outcomes = [it for it in decide(commands, book, now) if not isinstance(it, Refusal)]
                await transaction.save(book)
                await transaction.tell([Told(event, "") for it in outcomes for event in it.events], now)
            return len(commands)

    return await retry_conflicts(attempt)

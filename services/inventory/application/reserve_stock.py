"""Source and promise stock for many orders at once."""

from collections.abc import Collection, Sequence
from itertools import product

from libs.database import Conflict
from services.inventory.application._carry_out import Clock, Result, carry_out
from services.inventory.application.ports import Atlas, Call, Store, Transaction
from services.inventory.domain.answers import Reserved
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Reserve
from services.inventory.domain.decide import decide
from services.inventory.domain.levels import Key, Level
from services.inventory.domain.outcome import Outcome
from services.inventory.domain.places import Places

RPC = "ReserveStock"
PLANS = 2


async def reserve_stock(
    store: Store, atlas: Atlas, calls: Sequence[Call], *, clock: Clock, most_locked_locations: int
) -> list[Result]:
    """Answer each call with what was promised; a shortage is part of the answer.

    With at most ``most_locked_locations`` candidates all their levels are locked at once. A wider network is
    first searched without locks, and only the levels of that plan are locked.
    """
    load = Loading(await atlas.places(), clock, most_locked_locations)
    return await carry_out(store, calls, rpc=RPC, load=load, clock=clock)


class Loading:
    """Locks what reservations may need."""

    def __init__(self, places: Places, clock: Clock, most_locked_locations: int) -> None:
        self._places = places
        self._clock = clock
        self._most_locked_locations = most_locked_locations
        self._plans = 0

    async def __call__(self, transaction: Transaction, commands: Sequence[Reserve]) -> Book:
        skus = {line.sku for command in commands for line in command.lines}
        candidates = self._candidates(commands)
        replacing = [command.order_id for command in commands if command.replace]
        if replacing:
            levels = await transaction.lock_levels(list(product(skus, candidates)), replacing)
            return Book(self._places, levels, await transaction.reservations_of(replacing))
        if len(candidates) <= self._most_locked_locations or self._plans == PLANS:
            return Book(self._places, await transaction.lock_candidates(skus, candidates))
        self._plans += 1
        return Book(self._places, await self._lock_plan(transaction, commands, skus, candidates))

    def _candidates(self, commands: Sequence[Reserve]) -> set[str]:
        asked = {(command.channel, command.region) for command in commands}
        return {it for channel, region in asked for it in self._places.ranking(channel, region).candidates}

    async def _lock_plan(
        self,
        transaction: Transaction,
        commands: Sequence[Reserve],
        skus: Collection[str],
        candidates: Collection[str],
    ) -> list[Level]:
        """Raises `Conflict` when a level changed between plan and lock: others might serve better now."""
        found = await transaction.find_candidates(skus, candidates)
        versions = {level.key: level.version for level in found}
        plan = Book(self._places, found)
        keys = keys_of_plan(plan, decide(commands, plan, self._clock()))
        locked = await transaction.lock_levels(keys)
        if any(level.version != versions[level.key] for level in locked):
            raise Conflict("stock changed between plan and lock")
        return locked


def keys_of_plan(plan: Book, outcomes: Sequence[object]) -> list[Key]:
    """What the plan takes from; and of products that fell short all there is, to be sure that they do."""
    answers = [it.answer for it in outcomes if isinstance(it, Outcome) and isinstance(it.answer, Reserved)]
    short = {shortage.sku for answer in answers for shortage in answer.shortages}
    taken = [level.key for level in plan.changed]
    return taken + [
        level.key for there in plan.stock.values() for sku, level in there.items() if sku in short
    ]

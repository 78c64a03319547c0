"""Locking and reading what facts about goods and orders touch."""

from collections.abc import Mapping, Sequence

from services.inventory.application._carry_out import Load
from services.inventory.application.ports import LevelsMissing, Transaction
from services.inventory.domain.book import Book
from services.inventory.domain.commands import Adjust, Expire, Issue, Receive, Reinstate, Release
from services.inventory.domain.levels import Key, Level, Unit
from services.inventory.domain.places import Places

Fact = Issue | Receive | Adjust


def load_orders(places: Places) -> Load:
    """For commands about the promises of orders and nothing else."""

    async def load(transaction: Transaction, commands: Sequence[Release | Expire | Reinstate]) -> Book:
        order_ids = {command.order_id for command in commands}
        levels = await transaction.lock_levels((), order_ids)
        return Book(places, levels, await transaction.reservations_of(order_ids))

    return load


def load_facts(places: Places) -> Load:
    """For goods that moved. Raises `LevelsMissing`."""

    async def load(transaction: Transaction, commands: Sequence[Fact]) -> Book:
        units = {key: unit for command in commands for key, unit in levels_of(command, places)}
        order_ids = {
            command.order_id for command in commands if isinstance(command, Issue) and command.order_id
        }
        levels = await transaction.lock_levels(units, order_ids)
        refuse_missing(units, levels)
        reservations = await transaction.reservations_of(order_ids) if order_ids else []
        if contested := contested_levels(commands, levels):
            reservations += await transaction.newest_reservations(contested)
        return Book(places, levels, reservations)

    return load


def levels_of(command: Fact, places: Places) -> list[tuple[Key, Unit]]:
    """The levels a fact needs; none at a location for which it will be refused."""
    if command.location_id not in places:
        return []
    if isinstance(command, Adjust):
        return [((command.sku, command.location_id), command.unit)]
    return [((line.sku, command.location_id), line.unit) for line in command.lines]


def refuse_missing(units: Mapping[Key, Unit], levels: Sequence[Level]) -> None:
    """Raises `LevelsMissing`."""
    missing = units.keys() - {level.key for level in levels}
    if missing:
        raise LevelsMissing({key: units[key] for key in missing})


def contested_levels(commands: Sequence[Fact], levels: Sequence[Level]) -> dict[Key, int]:
    """Levels whose promises may not be kept, with a bound of what has to be known of them.

    What goes out can displace as much, and may fulfil as much of the promises that are read.
    """
    out: dict[Key, int] = {}
    for command in commands:
        for key, quantity in taken_by(command):
            out[key] = out.get(key, 0) + quantity
    free = {level.key: level.on_hand - level.reserved for level in levels if level.reserved}
    return {key: 2 * quantity for key, quantity in out.items() if free.get(key, quantity) < quantity}


def taken_by(command: Fact) -> list[tuple[Key, int]]:
    if isinstance(command, Issue):
        return [((line.sku, command.location_id), line.quantity) for line in command.lines]
    if isinstance(command, Adjust) and command.difference < 0:
        return [((command.sku, command.location_id), -command.difference)]
    return []

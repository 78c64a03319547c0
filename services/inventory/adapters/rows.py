"""Rows of the database as domain objects, and domain objects as columns of a batch."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from services.inventory.domain.levels import Key, Level, LevelState, Unit
from services.inventory.domain.movements import Movement
from services.inventory.domain.places import Kind, Location, SourcingRule
from services.inventory.domain.reservations import Reservation, State

# Calling an enum costs more than the rest of the row.
UNITS = {int(unit): unit for unit in Unit}
STATES = {int(state): state for state in State}

Columns = dict[str, Any]


def level_of(row: Sequence[Any]) -> Level:
    sku, location_id, unit, on_hand, reserved, safety_stock, version, counted_at = row
    return Level(sku, location_id, UNITS[unit], on_hand, reserved, safety_stock, version, counted_at)


def level_state_of(row: Sequence[Any]) -> LevelState:
    sku, location_id, unit, *amounts = row
    return LevelState(sku, location_id, UNITS[unit], *amounts)


def reservation_of(row: Sequence[Any]) -> Reservation:
    order_id, line_id, sku, location_id, quantity, state, reserved_at = row
    return Reservation(order_id, line_id, sku, location_id, quantity, STATES[state], reserved_at)


def location_of(row: Sequence[Any]) -> Location:
    location_id, kind, region, ships, version = row
    return Location(location_id, Kind(kind), region, ships, version)


def rule_of(row: Sequence[Any]) -> SourcingRule:
    return SourcingRule(*row)


def key_columns(keys: Iterable[Key]) -> Columns:
    pairs = list(keys)
    return {"skus": [key[0] for key in pairs], "location_ids": [key[1] for key in pairs]}


def reserved_columns(levels: Collection[Level]) -> Columns:
    return {
        "skus": [it.sku for it in levels],
        "location_ids": [it.location_id for it in levels],
        "reserved": [it.reserved for it in levels],
        "versions": [it.version for it in levels],
    }


def level_columns(levels: Collection[Level]) -> Columns:
    return {
        "skus": [it.sku for it in levels],
        "location_ids": [it.location_id for it in levels],
        "on_hand": [it.on_hand for it in levels],
        "reserved": [it.reserved for it in levels],
        "safety_stock": [it.safety_stock for it in levels],
        "versions": [it.version for it in levels],
        "counted_at": [it.counted_at for it in levels],
    }


def reservation_columns(reservations: Collection[Reservation]) -> Columns:
    return {
        "order_ids": [it.order_id for it in reservations],
        "line_ids": [it.line_id for it in reservations],
        "skus": [it.sku for it in reservations],
        "location_ids": [it.location_id for it in reservations],
        "quantities": [it.quantity for it in reservations],
        "states": [it.state for it in reservations],
    }


def saved_columns(reservations: Collection[Reservation]) -> Columns:
    return {**reservation_columns(reservations), "reserved_at": [it.reserved_at for it in reservations]}


def added_columns(reservations: Collection[Reservation]) -> Columns:
    """The promises that a batch makes are all of its instant."""
    return {**reservation_columns(reservations), "now": next(iter(reservations)).reserved_at}


def movement_columns(movements: Collection[Movement]) -> Columns:
    return {
        "skus": [it.sku for it in movements],
        "location_ids": [it.location_id for it in movements],
        "from_buckets": [it.from_bucket for it in movements],
        "to_buckets": [it.to_bucket for it in movements],
        "quantities": [it.quantity for it in movements],
        "causes": [it.cause for it in movements],
        "source_references": [it.source_reference for it in movements],
        "occurred_at": [it.occurred_at for it in movements],
        "reasons": [it.reason for it in movements],
    }


def location_columns(locations: Collection[Location]) -> Columns:
    return {
        "location_ids": [it.location_id for it in locations],
        "kinds": [it.kind for it in locations],
        "regions": [it.region for it in locations],
        "ships": [it.ships for it in locations],
        "versions": [it.version for it in locations],
    }

"""Stock as others see it: read without locks."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.inventory.adapters import rows, statements
from services.inventory.adapters.tables import movements, sku_units
from services.inventory.application.ports import ListedMovement, ListedReservation, MovementFilter
from services.inventory.domain.levels import LevelState
from services.inventory.domain.movements import Bucket, Cause, Movement
from services.inventory.domain.reservations import ReservationState

MOVEMENTS = select(
    movements.c.position,
    sku_units.c.unit,
    movements.c.recorded_at,
    movements.c.sku,
    movements.c.location_id,
    movements.c.from_bucket,
    movements.c.to_bucket,
    movements.c.quantity,
    movements.c.cause,
    movements.c.source_reference,
    movements.c.occurred_at,
    movements.c.reason,
).join(sku_units, sku_units.c.sku == movements.c.sku)


async def find_levels(
    connection: AsyncConnection, skus: Collection[str], location_ids: Collection[str], limit: int
) -> list[LevelState]:
    wanted = {"skus": list(skus), "location_ids": list(location_ids), "limit": limit}
    found = await connection.execute(statements.FIND_LEVELS, wanted)
    return list(map(rows.level_state_of, found.all()))


async def list_reservations(connection: AsyncConnection, order_id: str) -> list[ListedReservation]:
    found = await connection.execute(statements.LIST_RESERVATIONS, {"order_id": order_id})
    return [listed_reservation(row) for row in found.all()]


def listed_reservation(row: Any) -> ListedReservation:
    order_id, line_id, sku, location_id, quantity, unit, state, expires_at = row
    reservation = ReservationState(
        order_id, line_id, sku, location_id, quantity, rows.UNITS[unit], rows.STATES[state]
    )
    return ListedReservation(reservation, expires_at)


async def list_movements(
    connection: AsyncConnection, wanted: MovementFilter, after: int, limit: int
) -> list[ListedMovement]:
    page = restricted(MOVEMENTS, wanted).where(movements.c.position > after)
    found = await connection.execute(page.order_by(movements.c.position).limit(limit))
    return [listed_movement(row) for row in found.all()]


def restricted(query: Select[Any], wanted: MovementFilter) -> Select[Any]:
    """One statement for each combination of filters, so that each can use its index."""
    if wanted.source_reference:
        query = query.where(movements.c.source_reference == wanted.source_reference)
    if wanted.sku:
        query = query.where(movements.c.sku == wanted.sku)
    if wanted.location_id:
        query = query.where(movements.c.location_id == wanted.location_id)
    return query


def listed_movement(row: Any) -> ListedMovement:
    position, unit, recorded_at, sku, location_id, origin, destination, quantity, cause, *source = row
    movement = Movement(
        sku, location_id, Bucket(origin), Bucket(destination), quantity, Cause(cause), *source
    )
    return ListedMovement(position, rows.UNITS[unit], movement, recorded_at)

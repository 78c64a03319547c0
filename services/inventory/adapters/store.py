"""Stock in PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import transaction
from libs.idempotency import Answer, forget_before, recall, remember
from libs.messaging import forget_processed_before, record_events
from libs.refusals import RequestIdReused
from services.inventory.adapters import reading, rows, statements
from services.inventory.application.ports import (
    Call,
    ListedMovement,
    ListedReservation,
    MovementFilter,
    RuleCall,
    Told,
)
from services.inventory.convert import answer_bytes, event_of, rule_bytes
from services.inventory.domain.book import Book
from services.inventory.domain.levels import Key, Level, LevelState, Unit
from services.inventory.domain.movements import PHYSICAL
from services.inventory.domain.outcome import Outcome
from services.inventory.domain.places import Location
from services.inventory.domain.reservations import Reservation

NewId = Callable[[], UUID]


class PostgresTransaction:
    """The `Transaction` port on one connection."""

    def __init__(self, connection: AsyncConnection, new_id: NewId) -> None:
        self._connection = connection
        self._new_id = new_id

    async def recall(self, rpc: str, digests: Mapping[str, bytes]) -> Mapping[str, bytes | RequestIdReused]:
        return await recall(self._connection, rpc, digests)

    async def lock_candidates(self, skus: Collection[str], location_ids: Collection[str]) -> list[Level]:
        return await self._levels(statements.LOCK_CANDIDATES, skus, location_ids)

    async def find_candidates(self, skus: Collection[str], location_ids: Collection[str]) -> list[Level]:
        return await self._levels(statements.FIND_CANDIDATES, skus, location_ids)

    async def lock_levels(self, keys: Collection[Key], order_ids: Collection[str] = ()) -> list[Level]:
        wanted = {**rows.key_columns(keys), "order_ids": list(order_ids)}
        return list(map(rows.level_of, await self._all(statements.LOCK_LEVELS, wanted)))

    async def reservations_of(self, order_ids: Collection[str]) -> list[Reservation]:
        found = await self._all(statements.RESERVATIONS_OF_ORDERS, {"order_ids": list(order_ids)})
        return list(map(rows.reservation_of, found))

    async def newest_reservations(self, quantities: Mapping[Key, int]) -> list[Reservation]:
        wanted = {**rows.key_columns(quantities), "quantities": list(quantities.values())}
        return list(map(rows.reservation_of, await self._all(statements.NEWEST_RESERVATIONS, wanted)))

    async def moved_since(self, keys: Collection[Key], instant: datetime) -> dict[Key, int]:
        wanted = {**rows.key_columns(keys), "instant": instant, "causes": list(PHYSICAL)}
        moved = await self._all(statements.MOVED_SINCE, wanted)
        return {(row.sku, row.location_id): int(row.quantity) for row in moved}

    async def save(self, book: Book) -> None:
        if book.only_promised:
            await self._write(statements.SAVE_RESERVED, book.changed, rows.reserved_columns)
        else:
            await self._write(statements.SAVE_LEVELS, book.changed, rows.level_columns)
        await self._write(statements.ADD_MOVEMENTS, book.movements, rows.movement_columns)
        added = [it for it in book.reservations.values() if not it.loaded]
        saved = [it for it in book.reservations.values() if it.loaded and it.changed]
        await self._write(statements.SAVE_RESERVATIONS, saved, rows.saved_columns)
        await self._write(statements.ADD_RESERVATIONS, added, rows.added_columns)
        if book.holds:
            columns = {"order_ids": list(book.holds), "expires_at": list(book.holds.values())}
            await self._connection.execute(statements.SAVE_HOLDS, columns)

    async def remember(self, rpc: str, done: Sequence[tuple[Call, Outcome]]) -> list[bytes]:
        answers = [answer_bytes(outcome.answer) for _, outcome in done]
        await remember(
            self._connection,
            rpc,
            [
                Answer(call.request_id, call.digest, answer)
                for (call, _), answer in zip(done, answers, strict=True)
            ],
        )
        return answers

    async def tell(self, events: Sequence[Told], now: datetime) -> None:
        new_id = self._new_id
        told = [event_of(event, new_id(), now, traceparent) for event, traceparent in events]
        await record_events(self._connection, told)

    async def take_expired(self, now: datetime, limit: int) -> list[str]:
        taken = await self._all(statements.TAKE_EXPIRED_HOLDS, {"now": now, "limit": limit})
        return [row[0] for row in taken]

    async def record_orders(self, order_ids: Collection[str]) -> set[str]:
        held = await self._all(statements.RECORD_ORDERS, {"order_ids": list(order_ids)})
        return {row[0] for row in held}

    async def record_other_orders(self, order_ids: Collection[str]) -> None:
        await self._connection.execute(statements.RECORD_OTHER_ORDERS, {"order_ids": sorted(order_ids)})

    async def save_locations(self, locations: Sequence[Location]) -> None:
        await self._write(statements.SAVE_LOCATIONS, locations, rows.location_columns)

    async def forget_answers_before(self, moment: datetime, limit: int) -> int:
        return await forget_before(self._connection, moment, limit=limit)

    async def forget_events_before(self, moment: datetime, limit: int) -> int:
        return await forget_processed_before(self._connection, moment, limit=limit)

    async def put_rule(self, rpc: str, call: RuleCall) -> bytes:
        saved = await self._connection.execute(statements.SAVE_RULE, call.rule._asdict())
        answer = rule_bytes(call.rule._replace(version=saved.scalar_one()))
        await remember(self._connection, rpc, [Answer(call.request_id, call.digest, answer)])
        return answer

    async def _levels(
        self, statement: TextClause, skus: Collection[str], location_ids: Collection[str]
    ) -> list[Level]:
        wanted = {"skus": list(skus), "location_ids": list(location_ids)}
        return list(map(rows.level_of, await self._all(statement, wanted)))

    async def _all(self, statement: TextClause, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
        return (await self._connection.execute(statement, parameters)).all()

    async def _write(
        self, statement: TextClause, batch: Collection[Any], columns: Callable[[Any], rows.Columns]
    ) -> None:
        if batch:
            await self._connection.execute(statement, columns(batch))


class PostgresStore:
    """The `Store` port. ``engine`` serves batches being written, ``readers`` everyone who only looks."""

    def __init__(self, engine: AsyncEngine, readers: AsyncEngine, new_id: NewId) -> None:
        self._engine = engine
        self._readers = readers
        self._new_id = new_id

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        async with transaction(self._engine) as connection:
            yield PostgresTransaction(connection, self._new_id)

    async def create_levels(self, units: Mapping[Key, Unit]) -> None:
        columns = rows.key_columns(units)
        async with transaction(self._engine) as connection:
            await connection.execute(
                statements.CREATE_UNITS, {"skus": columns["skus"], "units": list(units.values())}
            )
        # A transaction of its own: whoever gave a product its unit meanwhile has to be seen.
        async with transaction(self._engine) as connection:
            await connection.execute(statements.CREATE_LEVELS, columns)

    async def find_levels(
        self, skus: Collection[str], location_ids: Collection[str], limit: int
    ) -> list[LevelState]:
        async with self._readers.connect() as connection:
            return await reading.find_levels(connection, skus, location_ids, limit)

    async def list_reservations(self, order_id: str) -> list[ListedReservation]:
        async with self._readers.connect() as connection:
            return await reading.list_reservations(connection, order_id)

    async def list_movements(self, wanted: MovementFilter, after: int, limit: int) -> list[ListedMovement]:
        async with self._readers.connect() as connection:
            return await reading.list_movements(connection, wanted, after, limit)

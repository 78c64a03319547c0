"""Changing master data in PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import transaction
from libs.idempotency import Answer, forget_before, recall, remember
from libs.messaging import record_events
from libs.refusals import Refusal
from services.master_data.adapters import rows, statements
from services.master_data.adapters.reads import PostgresReads
from services.master_data.application.ports import Call
from services.master_data.convert import event_of, upserted_from_bytes, upserted_to_bytes
from services.master_data.domain.catalogue import Price, PriceKey, Promotion
from services.master_data.domain.events import MasterDataEvent
from services.master_data.domain.parties import Customer, Location
from services.master_data.domain.recorded import Upserted
from services.master_data.domain.replace_products import Replacement


class PostgresTransaction(PostgresReads):
    """The `Transaction` port on one connection."""

    def __init__(self, connection: AsyncConnection, new_id: Callable[[], UUID]) -> None:
        super().__init__(connection)
        self._new_id = new_id

    async def recall(self, call: Call) -> Upserted | None:
        known = await recall(self._connection, call.rpc, {call.request_id: call.digest})
        answer = known.get(call.request_id)
        if isinstance(answer, Refusal):
            raise answer
        return upserted_from_bytes(answer) if answer is not None else None

    async def answer(self, call: Call, upserted: Upserted) -> Upserted:
        answer = Answer(call.request_id, call.digest, upserted_to_bytes(upserted))
        await remember(self._connection, call.rpc, [answer])
        return upserted

    async def forget_answers_before(self, moment: datetime, limit: int) -> int:
        return await forget_before(self._connection, moment, limit=limit)

    async def record(self, events: Sequence[MasterDataEvent], now: datetime) -> None:
        await record_events(self._connection, [event_of(fact, self._new_id(), now) for fact in events])

    async def lock_products(self) -> None:
        await self._connection.execute(statements.LOCK_PRODUCTS)

    async def save_products(self, replacement: Replacement) -> None:
        if not replacement.products:
            return
        products = [product.value for product in replacement.products]
        now = replacement.products[0].changed_at
        await self._rows(statements.SAVE_PRODUCTS, rows.product_columns(products) | {"now": now})
        await self._connection.execute(statements.RELEASE_NAMES, rows.name_columns(replacement.released))
        await self._connection.execute(statements.CLAIM_NAMES, rows.claim_columns(replacement.claimed))

    async def save_prices(self, prices: Sequence[Price], now: datetime) -> Mapping[PriceKey, int]:
        saved = await self._rows(statements.SAVE_PRICES, rows.price_columns(prices) | {"now": now})
        return {(row["sku"], row["price_list"], row["valid_from"]): row["version"] for row in saved}

    async def save_promotions(self, promotions: Sequence[Promotion], now: datetime) -> Mapping[str, int]:
        return await self._versions(statements.SAVE_PROMOTIONS, rows.promotion_columns(promotions), now)

    async def save_locations(self, locations: Sequence[Location], now: datetime) -> Mapping[str, int]:
        return await self._versions(statements.SAVE_LOCATIONS, rows.location_columns(locations), now)

    async def save_customers(self, customers: Sequence[Customer], now: datetime) -> Mapping[str, int]:
        return await self._versions(statements.SAVE_CUSTOMERS, rows.customer_columns(customers), now)

    async def _versions(self, upsert: Executable, columns: rows.Columns, now: datetime) -> Mapping[str, int]:
        return dict((await self._connection.execute(upsert, columns | {"now": now})).all())


class PostgresStore:
    """The `Store` port. Reads have connections of their own, so loading a catalogue never starves them."""

    def __init__(self, reads: AsyncEngine, writes: AsyncEngine, new_id: Callable[[], UUID]) -> None:
        # One statement is a transaction by itself: no BEGIN and COMMIT around it.
        self._reads = reads.execution_options(isolation_level="AUTOCOMMIT")
        self._writes = writes
        self._new_id = new_id

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresReads]:
        async with self._reads.connect() as connection:
            yield PostgresReads(connection)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        async with transaction(self._writes) as connection:
            yield PostgresTransaction(connection, self._new_id)

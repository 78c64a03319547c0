"""Postings in PostgreSQL."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import transaction
from libs.idempotency import Answer, forget_before, recall, remember
from libs.messaging import forget_processed_before, record_events
from libs.refusals import NotFound, Refusal
from services.erp_gateway import convert
from services.erp_gateway.adapters import rows, statements
from services.erp_gateway.application.ports import (
    Call,
    Claimed,
    CustomerAccount,
    ErpCall,
    Heard,
    LeaseLost,
)
from services.erp_gateway.domain.postings import Posting, PostingState

RPC = "RetryPosting"
NOBODY = UUID(int=0)
ENDED = (PostingState.POSTED, PostingState.FAILED)


class PostgresTransaction:
    """The `Transaction` port on one connection."""

    def __init__(
        self,
        connection: AsyncConnection,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        lease: timedelta,
    ) -> None:
        self._connection = connection
        self._now = now
        self._new_id = new_id
        self._lease = lease

    async def recall(self, call: Call) -> bool:
        known = await recall(self._connection, RPC, {call.request_id: call.digest})
        answer = known.get(call.request_id)
        if isinstance(answer, Refusal):
            raise answer
        return answer is not None

    async def answered(self, call: Call, posting_id: UUID) -> None:
        await remember(self._connection, RPC, [Answer(call.request_id, call.digest, posting_id.bytes)])

    async def get(self, posting_id: UUID) -> Posting:
        found = await self._connection.execute(statements.LOCK_POSTING, {"posting_id": posting_id})
        row = found.mappings().first()
        if row is None:
            raise NotFound(f"no posting {posting_id}", field="posting_id")
        return rows.posting_from_row(row)

    async def find_of_orders(self, order_ids: Sequence[str]) -> Mapping[str, Sequence[Posting]]:
        asked = {"order_ids": list(order_ids)}
        found = (await self._connection.execute(statements.FIND_OF_ORDERS, asked)).mappings()
        by_order: dict[str, list[Posting]] = {}
        for row in found:
            by_order.setdefault(row["order_id"], []).append(rows.posting_from_row(row))
        return by_order

    async def add(self, postings: Sequence[tuple[Heard, Posting]]) -> None:
        new = [rows.posting_to_row(posting, heard) for heard, posting in postings]
        await self._connection.execute(statements.ADD_POSTINGS, new)

    async def need(self, posting_ids: Sequence[UUID]) -> None:
        if posting_ids:
            needed = {"posting_ids": list(posting_ids), "now": self._now()}
            await self._connection.execute(statements.NEED_POSTINGS, needed)

    async def save(
        self, claimed: Claimed, calls: Sequence[ErpCall], waits_until: datetime | None = None
    ) -> None:
        posting, now = claimed.posting, self._now()
        progress = rows.progress_to_row(posting) | {"of_lease": claimed.lease}
        ended = posting.state in ENDED
        if ended or waits_until is not None:
            ended_at = now if posting.state is PostingState.POSTED else None
            change = progress | {"at": waits_until, "ended_at": ended_at}
            row = await self._changed(statements.RELEASE, change)
        else:
            row = await self._changed(statements.RENEW, progress | {"until": now + self._lease})
        if calls:
            chain = rows.chained(calls, row["latest_hash"] or b"")
            await self._connection.execute(statements.ADD_CALLS, chain)
        if posting.state is PostingState.FAILED:
            given_up = {"of": posting.posting_id, "nobody": NOBODY}
            await self._connection.execute(statements.GIVE_UP_CUSTOMER, given_up)
        if ended:
            await record_events(self._connection, [convert.ended_event(posting, row, self._new_id(), now)])

    async def put_back(self, posting: Posting, now: datetime) -> None:
        await self._connection.execute(statements.PUT_BACK, rows.progress_to_row(posting) | {"at": now})

    async def _changed(self, change: Any, values: Mapping[str, Any]) -> Mapping[str, Any]:
        row = (await self._connection.execute(change, values)).mappings().first()
        if row is None:
            raise LeaseLost(f"posting {values['of']} is somebody else's by now")
        return row


class PostgresStore:
    """The `Store` port."""

    def __init__(
        self,
        engine: AsyncEngine,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        lease: timedelta,
    ) -> None:
        self._engine = engine
        # One statement is a transaction by itself: no BEGIN and COMMIT around it.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._now = now
        self._new_id = new_id
        self._lease = lease

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PostgresTransaction]:
        async with transaction(self._engine) as connection:
            yield self.within(connection)

    def within(self, connection: AsyncConnection) -> PostgresTransaction:
        """A transaction that somebody else began: the consumer's, which also notes its events."""
        return PostgresTransaction(connection, self._now, self._new_id, self._lease)

    async def claim(self, limit: int) -> Sequence[Claimed]:
        now = self._now()
        asked = {"now": now, "leased_until": now + self._lease, "limit": limit}
        async with self._single.connect() as connection:
            taken = (await connection.execute(statements.CLAIM, asked)).mappings().all()
        return [rows.claimed_from_row(row) for row in taken]

    async def renew(self, leases: Sequence[UUID]) -> None:
        """Postings whose leases were lost are left to their new holders."""
        held = {"leases": list(leases), "until": self._now() + self._lease}
        async with self._single.connect() as connection:
            await connection.execute(statements.RENEW_LEASES, held)

    async def next_due(self) -> datetime | None:
        """When the next posting can be claimed, None when none waits."""
        async with self._single.connect() as connection:
            due: datetime | None = await connection.scalar(statements.NEXT_DUE)
            return due

    async def customer(self, customer_key: str, posting_id: UUID) -> CustomerAccount:
        asked = {"customer_key": customer_key, "owner": posting_id, "nobody": NOBODY}
        async with self._single.connect() as connection:
            row = (await connection.execute(statements.GET_CUSTOMER, asked)).first()
            if row is None or (not row.document_id and row.owner == NOBODY):
                row = (await connection.execute(statements.ASK_CUSTOMER, asked)).one()
        return CustomerAccount(row.document_id, UUID(str(row.owner)))

    async def know_customer(self, customer_key: str, document_id: str) -> None:
        known = {"key": customer_key, "document_id": document_id}
        async with self._single.connect() as connection:
            await connection.execute(statements.KNOW_CUSTOMER, known)

    async def forget_answers_before(self, moment: datetime, limit: int) -> int:
        async with transaction(self._engine) as connection:
            return await forget_before(connection, moment, limit=limit)

    async def forget_events_before(self, moment: datetime, limit: int) -> int:
        async with transaction(self._engine) as connection:
            return await forget_processed_before(connection, moment, limit=limit)

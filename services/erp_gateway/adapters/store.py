"""Postings in PostgreSQL."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import transaction
from libs.idempotency import Answer, recall, remember
from libs.messaging import record_events
from libs.refusals import NotFound, Refusal
from services.erp_gateway import convert
from services.erp_gateway.adapters import rows, statements
from services.erp_gateway.application.ports import Call, Claimed, CustomerAccount, ErpCall
from services.erp_gateway.domain.postings import Posting, PostingState, StepKind

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
        return rows.posting_from_row(await self._locked(posting_id))

    async def find_sales(self, order_ids: Sequence[str]) -> Mapping[str, Posting]:
        found = await self._postings(statements.FIND_SALES, order_ids)
        return {posting.fact.order_id: posting for posting in found}

    async def find_takebacks(self, order_ids: Sequence[str]) -> Mapping[str, Sequence[Posting]]:
        by_order: dict[str, list[Posting]] = {}
        for posting in await self._postings(statements.FIND_TAKEBACKS, order_ids):
            by_order.setdefault(posting.fact.order_id, []).append(posting)
        return by_order

    async def add(self, postings: Sequence[Posting], traceparents: Sequence[str]) -> None:
        if postings:
            now = self._now()
            pairs = zip(postings, traceparents, strict=True)
            new = [rows.posting_to_row(posting, trace, now) for posting, trace in pairs]
            await self._connection.execute(statements.ADD_POSTINGS, new)

    async def save(self, posting: Posting, next_attempt_at: datetime | None) -> None:
        now = self._now()
        ended = posting.state in ENDED
        # A posting that waits lets go of its lease; one that is being worked on renews it.
        if ended or next_attempt_at is not None:
            progress = _progress(posting, now) | {"next_attempt_at": next_attempt_at}
            await self._connection.execute(statements.RELEASE, progress)
        else:
            progress = _progress(posting, now) | {"leased_until": now + self._lease}
            await self._connection.execute(statements.SAVE_POSTING, progress)
        if account := posting.document_of(StepKind.CUSTOMER):
            known = {"key": posting.fact.customer_key, "document_id": account}
            await self._connection.execute(statements.KNOW_CUSTOMER, known)
        if posting.state is PostingState.FAILED:
            given_up = {"of": posting.posting_id, "nobody": NOBODY}
            await self._connection.execute(statements.GIVE_UP_CUSTOMER, given_up)
        if ended:
            row = await self._locked(posting.posting_id)
            await record_events(self._connection, [convert.ended_event(posting, row, self._new_id(), now)])

    async def _postings(self, query: Executable, order_ids: Sequence[str]) -> list[Posting]:
        found = await self._connection.execute(query, {"order_ids": list(order_ids)})
        return [rows.posting_from_row(row) for row in found.mappings()]

    async def _locked(self, posting_id: UUID) -> Mapping[str, Any]:
        found = await self._connection.execute(statements.LOCK_POSTING, {"posting_id": posting_id})
        row = found.mappings().first()
        if row is None:
            raise NotFound(f"no posting {posting_id}", field="posting_id")
        return row


def _progress(posting: Posting, now: datetime) -> dict[str, Any]:
    return {
        "of": posting.posting_id,
        "state": posting.state.value,
        "steps": [rows.step_to_json(step) for step in posting.steps],
        "failure": posting.failure,
        "tries": posting.tries,
        "posted_at": now if posting.state is PostingState.POSTED else None,
    }


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
        async with transaction(self._engine) as connection:
            taken = (await connection.execute(statements.CLAIM, asked)).mappings().all()
        return [Claimed(rows.posting_from_row(row), row["traceparent"]) for row in taken]

    async def next_due(self) -> datetime | None:
        """When the next posting can be claimed, None when none waits."""
        async with self._engine.connect() as connection:
            due: datetime | None = await connection.scalar(statements.NEXT_DUE)
            return due

    async def customer(self, customer_key: str, posting_id: UUID) -> CustomerAccount:
        asked = {"customer_key": customer_key, "owner": posting_id, "nobody": NOBODY}
        async with transaction(self._engine) as connection:
            row = (await connection.execute(statements.ASK_CUSTOMER, asked)).one()
        return CustomerAccount(row.document_id, UUID(str(row.owner)))

    async def audit(self, call: ErpCall) -> None:
        """Each row carries the hash of the posting's row before it, so that none can be taken out."""
        async with transaction(self._engine) as connection:
            of = {"posting_id": call.posting_id}
            previous: bytes = await connection.scalar(statements.LATEST_HASH, of) or b""
            row = _call_row(call)
            digest = hashlib.sha256(previous + _canonical(row)).digest()
            await connection.execute(statements.ADD_CALL, row | {"previous_hash": previous, "hash": digest})


def _call_row(call: ErpCall) -> dict[str, Any]:
    return {
        "posting_id": call.posting_id,
        "step": call.step.value,
        "operation": call.operation,
        "status": call.status,
        "outcome": call.outcome.value,
        "duration_micros": call.duration // timedelta(microseconds=1),
        "at": call.at,
        "trace_id": call.trace_id,
        "request_digest": call.request_digest,
    }


def _canonical(row: Mapping[str, Any]) -> bytes:
    texts = {name: value.hex() if isinstance(value, bytes) else str(value) for name, value in row.items()}
    return json.dumps(texts, sort_keys=True).encode()

"""Orders in PostgreSQL."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import RowMapping, TextClause
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import retry_conflicts, transaction
from libs.idempotency import Answer, forget_before, recall, remember
from libs.messaging import forget_processed_before, record_events
from libs.refusals import Refusal
from libs.telemetry import current_traceparent
from services.order.adapters import rows, statements
from services.order.adapters.event_messages import event_of, placed_event, placement_of_event
from services.order.adapters.instructions import instruction_of, kind_of, text_of
from services.order.application.ports import Call, Known, Pending, Transaction
from services.order.convert import document_of, order_to_proto
from services.order.domain.events import OrderEvent
from services.order.domain.order import Order
from services.order.domain.placing import Placed, PlaceOrder, Recorded
from services.order.domain.returns import Return
from services.order.domain.shipments import Shipment
from services.order.domain.stock import Instruction

T = TypeVar("T")

Clock = Callable[[], datetime]
NewId = Callable[[], UUID]

GRACE_SECONDS = 2.0
"""How long an instruction is left to the call that recorded it."""


class PostgresTransaction:
    """The `Transaction` port on one connection."""

    def __init__(self, connection: AsyncConnection, clock: Clock, new_id: NewId, grace: float) -> None:
        self._connection = connection
        self._clock = clock
        self._new_id = new_id
        self._grace = grace

    async def add_orders(self, placed: Sequence[Placed]) -> set[str]:
        found = await self._connection.execute(statements.ADD_ORDERS, rows.placed_columns(placed))
        return {str(order_id) for (order_id,) in found}

    async def announce_orders(self, placed: Sequence[Placed]) -> None:
        await record_events(self._connection, [placed_event(it, self._new_id()) for it in placed])

    async def recall(self, call: Call) -> bytes | None:
        known = await recall(self._connection, call.rpc, {call.request_id: call.digest})
        answer = known.get(call.request_id)
        if isinstance(answer, Refusal):
            raise answer
        return answer

    async def answer(self, call: Call, order: Order | None) -> bytes:
        answer = document_of(order_to_proto(order)) if order else b""
        await remember(self._connection, call.rpc, [Answer(call.request_id, call.digest, answer)])
        return answer

    async def amend_answer(self, call: Call, order: Order) -> bytes:
        answer = document_of(order_to_proto(order))
        await self._connection.execute(
            statements.AMEND_ANSWER, {"rpc": call.rpc, "request_id": call.request_id, "response": answer}
        )
        return answer

    async def lock_orders(self, order_ids: Collection[str]) -> dict[str, Order]:
        return await find_orders(self._connection, statements.LOCK_ORDERS, order_ids)

    async def save_orders(self, orders: Sequence[Order]) -> None:
        await self._connection.execute(statements.SAVE_ORDERS, rows.saved_columns(orders))
        await self._connection.execute(statements.SAVE_LINES, rows.saved_line_columns(orders))

    async def find_shipment(self, order_id: str, shipment_id: str) -> bytes | None:
        key = {"order_id": order_id, "shipment_id": shipment_id}
        return (await self._connection.execute(statements.FIND_SHIPMENT, key)).scalar()

    async def add_shipment(self, order_id: str, shipment: Shipment) -> None:
        await self._connection.execute(
            statements.ADD_SHIPMENT,
            {
                "order_id": order_id,
                "shipment_id": shipment.shipment_id,
                "digest": shipment.digest,
                "document": shipment.document,
            },
        )

    async def find_return(self, channel: str, return_id: str) -> tuple[str, bytes] | None:
        key = {"channel": channel, "return_id": return_id}
        row = (await self._connection.execute(statements.FIND_RETURN, key)).one_or_none()
        return (str(row.order_id or ""), row.digest) if row else None

    async def add_return(self, order_id: str, returned: Return) -> bool:
        added = await self._connection.execute(
            statements.ADD_RETURN,
            {
                "channel": returned.channel,
                "return_id": returned.return_id,
                "order_id": order_id or None,
                "digest": returned.digest,
                "currency": returned.currency,
                "amount_micros": returned.amount,
                "returned_at": returned.returned_at,
                "document": returned.document,
            },
        )
        return added.first() is not None

    async def instruct(self, instructions: Sequence[Instruction], traceparents: Sequence[str] = ()) -> None:
        if not instructions:
            return
        await self._connection.execute(
            statements.INSTRUCT,
            {
                "request_ids": [it.request_id for it in instructions],
                "subjects": [it.order_id or it.request_id for it in instructions],
                "kinds": list(map(kind_of, instructions)),
                "instructions": list(map(text_of, instructions)),
                "traceparents": list(traceparents) or [current_traceparent()] * len(instructions),
                "grace": self._grace,
            },
        )

    async def forget_instructions(self, positions: Collection[int]) -> set[int]:
        gone = await self._connection.execute(
            statements.FORGET_INSTRUCTIONS, {"positions": sorted(positions)}
        )
        return set(gone.scalars())

    async def record(self, events: Sequence[OrderEvent], traceparents: Sequence[str] = ()) -> None:
        traces = traceparents or [current_traceparent()] * len(events)
        now = self._clock()
        told = [
            event_of(fact, self._new_id(), now, traceparent)
            for fact, traceparent in zip(events, traces, strict=True)
        ]
        await record_events(self._connection, told)

    async def find_short_orders(self, skus: Collection[str], limit: int) -> list[str]:
        wanted = {"skus": list(skus), "limit": limit}
        found = await self._connection.execute(statements.FIND_SHORT_ORDERS, wanted)
        return [str(order_id) for order_id in found.scalars()]


class PostgresStore:
    """The `Store` port."""

    def __init__(
        self, engine: AsyncEngine, clock: Clock, new_id: NewId, *, retry_first: float, retry_longest: float
    ) -> None:
        """Instructions that fail are tried again after ``retry_first`` seconds, at last ``retry_longest``."""
        self._engine = engine
        # One statement is a transaction by itself: no BEGIN and COMMIT around it.
        self._single = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._clock = clock
        self._new_id = new_id
        self._retry = {"first": retry_first, "longest": retry_longest}

    def within(self, connection: AsyncConnection) -> PostgresTransaction:
        """The port on a transaction that a consumer has begun; its instructions are due at once."""
        return PostgresTransaction(connection, self._clock, self._new_id, 0.0)

    async def in_transaction(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async def run() -> T:
            async with transaction(self._engine) as connection:
                return await work(PostgresTransaction(connection, self._clock, self._new_id, GRACE_SECONDS))

        return await retry_conflicts(run)

    async def find_placings(self, commands: Sequence[PlaceOrder]) -> Known:
        found = await self._rows(
            statements.FIND_PLACINGS,
            {
                "order_ids": [command.order.order_id for command in commands],
                "request_ids": [command.request_id for command in commands],
            },
        )
        by_order = {str(row["order_id"]): recorded_of(row) for row in found}
        return Known(by_order, {it.request_id: it for it in by_order.values()})

    async def find_order(self, order_id: str) -> Order | None:
        async with self._single.connect() as connection:
            found = await find_orders(connection, statements.FIND_ORDERS, [order_id])
        return found.get(order_id)

    async def find_short_skus(self, after: str, limit: int) -> list[str]:
        found = await self._rows(statements.FIND_SHORT_SKUS, {"after": after, "limit": limit})
        return [row["sku"] for row in found]

    async def find_instructions(self, subjects: Collection[str]) -> list[Pending]:
        found = await self._rows(statements.FIND_INSTRUCTIONS, {"subjects": list(subjects)})
        return list(map(pending_of, found))

    async def find_due_instructions(self, limit: int) -> list[Pending]:
        return list(map(pending_of, await self._rows(statements.FIND_DUE_INSTRUCTIONS, {"limit": limit})))

    async def postpone(self, failures: Mapping[int, str]) -> None:
        errors = {"positions": list(failures), "errors": list(failures.values())}
        await self._rows(statements.POSTPONE, errors | self._retry)

    async def forget_before(self, answers: datetime, notes: datetime, limit: int) -> int:
        async with transaction(self._engine) as connection:
            dropped = await forget_before(connection, answers, limit=limit)
            return max(dropped, await forget_processed_before(connection, notes, limit=limit))

    async def _rows(self, statement: TextClause, parameters: Mapping[str, Any]) -> Sequence[RowMapping]:
        async with self._single.connect() as connection:
            found = await connection.execute(statement, parameters)
            return found.mappings().all() if found.returns_rows else ()


async def find_orders(
    connection: AsyncConnection, statement: TextClause, order_ids: Collection[str]
) -> dict[str, Order]:
    wanted = {"order_ids": sorted(order_ids)}
    found = (await connection.execute(statement, wanted)).mappings().all()
    lines = (await connection.execute(statements.FIND_LINES, wanted)).mappings().all() if found else ()
    return rows.orders_of(found, lines)


def recorded_of(row: RowMapping) -> Recorded:
    return Recorded(row["request_id"], row["digest"], placement_of_event(row["payload"]))


def pending_of(row: RowMapping) -> Pending:
    instruction = instruction_of(row["kind"], row["instruction"])
    return Pending(row["position"], row["subject"], instruction, row["traceparent"])

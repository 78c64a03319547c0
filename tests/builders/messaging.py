"""What tests of events share: the stream they use, what it holds, and effects they can look at."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import transaction
from libs.messaging import Received
from tests.builders.polling import poll_until

ORDERS = "RETAIL_ORDER"
ALL_ORDERS = ["retail.order.v1.>"]
DURABLE = "inventory-orders"


class Effects:
    """A handler that writes a row for each event, and what it has written."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @staticmethod
    def create_table(op: Any) -> None:
        op.execute(
            """
            create table effect (
                number bigint generated always as identity primary key, event_id uuid, key text, body text
            )
            """
        )

    async def write(self, connection: AsyncConnection, events: Sequence[Received]) -> None:
        rows = [{"id": event.id, "key": event.key, "body": event.payload.decode()} for event in events]
        await connection.execute(
            text("insert into effect (event_id, key, body) values (:id, :key, :body)"), rows
        )

    async def bodies(self, key: str | None = None) -> list[str]:
        """In the order they took effect."""
        async with transaction(self._engine) as connection:
            rows = await connection.execute(text("select key, body from effect order by number"))
            return [row.body for row in rows if key in (None, row.key)]

    async def event_ids(self) -> list[UUID]:
        async with transaction(self._engine) as connection:
            rows = await connection.execute(text("select event_id from effect order by number"))
            return [row.event_id for row in rows]


async def messages_of(nats: Client, stream: str = ORDERS) -> list[RawStreamMsg]:
    """Everything a stream holds."""
    js = nats.jetstream()
    state = (await js.stream_info(stream)).state
    return [await js.get_msg(stream, sequence) for sequence in range(state.first_seq, state.last_seq + 1)]


async def bodies_of(nats: Client, stream: str = ORDERS) -> list[str]:
    return [(message.data or b"").decode() for message in await messages_of(nats, stream)]


async def count_of(nats: Client, stream: str = ORDERS) -> int:
    return int((await nats.jetstream().stream_info(stream)).state.messages)


async def settled(nats: Client) -> None:
    """Returns when the consumer under test has acknowledged everything."""

    async def nothing_left() -> bool:
        try:
            info = await nats.jetstream().consumer_info(ORDERS, DURABLE)
        except NotFoundError:
            return False
        return info.num_pending == 0 and info.num_ack_pending == 0

    await poll_until(nothing_left)


async def effect_of(effects: Effects, count: int) -> None:
    """Returns when so many events have taken effect."""

    async def enough() -> bool:
        return len(await effects.bodies()) >= count

    await poll_until(enough)

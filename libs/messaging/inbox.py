"""Which events a consumer has processed, and which may have ended its process."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.messaging.received import Received

RECORD = text(
    """
    insert into inbox (event_id, consumer)
    select event_id, :consumer from unnest(cast(:ids as uuid[])) as event_id
    on conflict do nothing
    returning event_id
    """
)
KNOWN = text("select event_id from inbox where consumer = :consumer and event_id = any(cast(:ids as uuid[]))")
FORGET = text(
    """
    delete from inbox where ctid = any(array(
        select ctid from inbox where processed_at < :moment limit :limit
    ))
    """
)
SUSPECTED = text(
    """
    select event_id, attempts from inbox_suspect
    where consumer = :consumer and event_id = any(cast(:ids as uuid[]))
    """
)
SUSPECT = text(
    """
    insert into inbox_suspect (consumer, event_id, attempts)
    select distinct :consumer, event_id, 1 from unnest(cast(:ids as uuid[])) as event_id
    on conflict (consumer, event_id) do update set attempts = inbox_suspect.attempts + 1
    """
)
CLEAR = text("delete from inbox_suspect where consumer = :consumer")


async def record_processed(
    connection: AsyncConnection, consumer: str, events: Sequence[Received]
) -> list[Received]:
    """Note the events in the transaction of their effect; gives the new ones, each once, in order."""
    rows = await connection.execute(RECORD, parameters_of(consumer, events))
    new: set[UUID] = {row.event_id for row in rows}
    if len(new) == len(events):
        return list(events)
    fresh = []
    for event in events:
        if event.id in new:
            new.discard(event.id)
            fresh.append(event)
    return fresh


async def without_processed(
    connection: AsyncConnection, consumer: str, events: Sequence[Received]
) -> list[Received]:
    rows = await connection.execute(KNOWN, parameters_of(consumer, events))
    known = {row.event_id for row in rows}
    return [event for event in events if event.id not in known]


async def forget_processed_before(
    connection: AsyncConnection, moment: datetime, *, limit: int = 10_000
) -> int:
    """Drop at most ``limit`` notes older than ``moment``, before which no stream has an event any more."""
    return (await connection.execute(FORGET, {"moment": moment, "limit": limit})).rowcount


async def attempts_of_suspects(
    connection: AsyncConnection, consumer: str, events: Sequence[Received]
) -> dict[UUID, int]:
    rows = await connection.execute(SUSPECTED, parameters_of(consumer, events))
    return {row.event_id: row.attempts for row in rows}


async def suspect(connection: AsyncConnection, consumer: str, events: Sequence[Received]) -> None:
    """Count an attempt before it is made: if it ends the process, the count is what remains."""
    await connection.execute(SUSPECT, parameters_of(consumer, events))


async def clear_suspects(connection: AsyncConnection, consumer: str) -> None:
    await connection.execute(CLEAR, {"consumer": consumer})


def parameters_of(consumer: str, events: Sequence[Received]) -> dict[str, object]:
    return {"consumer": consumer, "ids": [event.id for event in events]}

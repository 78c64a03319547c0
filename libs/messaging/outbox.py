"""Events recorded in the transaction of the change they tell about."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.messaging.event import Event

CHANNEL = "outbox"
# A batch is in memory here and at the broker; a single event may be almost a megabyte.
BATCH_BYTES = 4 * 1024 * 1024

# The notification leaves when the transaction commits, and with it alone.
RECORD = text(
    f"""
    with recorded as (
        insert into outbox (event_id, subject, type, key, time, traceparent, tracestate, payload)
        select event_id, subject, type, key, time, traceparent, tracestate, payload
        from unnest(
            cast(:ids as uuid[]), cast(:subjects as text[]), cast(:types as text[]), cast(:keys as text[]),
            cast(:times as timestamptz[]), cast(:traceparents as text[]), cast(:tracestates as text[]),
            cast(:payloads as bytea[])
        ) with ordinality
            as event (event_id, subject, type, key, time, traceparent, tracestate, payload, number)
        order by number
    )
    select pg_notify('{CHANNEL}', '')
    """
)

NOTIFY = text(f"select pg_notify('{CHANNEL}', '')")

# By "not yet published" and never by a high-water mark: a transaction that took a lower position may commit
# after a higher one was published. The rows under way are published but not yet marked.
SELECT_UNPUBLISHED = f"""
    select position, event_id, subject, type, key, time, traceparent, tracestate, payload
    from (
        select *, sum(octet_length(payload)) over (order by position) - octet_length(payload) as bytes_before
        from (
            select * from outbox where published_at is null and position <> all($1::bigint[])
            order by position limit $2
        ) as next
    ) as measured
    where bytes_before < {BATCH_BYTES}
    order by position
"""
MARK_PUBLISHED = "update outbox set published_at = now() where position = any($1::bigint[])"
REPUBLISH = text(
    """
    update outbox set published_at = null
    where published_at is not null and time >= :since and time < :until
        and (:type = '' or type = :type) and (:key = '' or key = :key)
    """
)


class Recorded(NamedTuple):
    """An unpublished row of the outbox."""

    position: int
    event_id: UUID
    subject: str
    type: str
    key: str
    time: datetime
    traceparent: str
    tracestate: str
    payload: bytes


async def record_events(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Record the events in the caller's transaction with one statement, in the order given.

    They are published after the commit, and never if it does not come. Transactions that record events of
    one key must exclude each other (by locking the row of that object), or the key has no order.
    """
    if not events:
        return
    await connection.execute(
        RECORD,
        {
            "ids": [event.id for event in events],
            "subjects": [event.subject for event in events],
            "types": [event.type for event in events],
            "keys": [event.key for event in events],
            "times": [event.time for event in events],
            "traceparents": [event.traceparent for event in events],
            "tracestates": [event.tracestate for event in events],
            "payloads": [event.payload for event in events],
        },
    )


async def republish_events(
    connection: AsyncConnection, since: datetime, until: datetime, *, event_type: str = "", key: str = ""
) -> int:
    """Have the relay publish again what happened from ``since`` to before ``until``; gives the count.

    For a broker that lost its data, or a consumer that is new; who has processed an event passes over it.
    """
    parameters = {"since": since, "until": until, "type": event_type, "key": key}
    republished = (await connection.execute(REPUBLISH, parameters)).rowcount
    await connection.execute(NOTIFY)
    return republished

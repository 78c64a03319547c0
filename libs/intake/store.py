"""Durable before it is answered: arrivals of the same moment are stored in one transaction."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import retry_conflicts, transaction
from libs.intake import statements
from libs.intake.message import Arrival, State, Stored
from libs.intake.protos import Announcements
from libs.intake.rows import columns_of, key_columns, record_of
from libs.messaging import record_events

Key = tuple[str, str, str]

DIFFERS = "differs_from_first"
"""Reason of a message in quarantine whose event was applied before with other content."""
DIGEST_SHOWN = 8


async def store(
    engine: AsyncEngine, announcements: Announcements, arrivals: Sequence[Arrival], now: datetime
) -> list[Stored]:
    """Keep arrivals and wake the worker; when this returns they survive a crash.

    A message with the sender, topic and event id of an earlier one is not stored again but counted. Where the
    earlier one is in quarantine and the content differs, it is the sender's own correction and is applied
    instead. Otherwise changed content is either ignored with the repeat or, where the arrival
    `sets_aside_changes`, stored in quarantine beside the first.
    """

    async def run() -> list[Stored]:
        async with transaction(engine) as connection:
            return await store_in(connection, announcements, arrivals, now)

    return await retry_conflicts(run)


async def store_in(
    connection: AsyncConnection, announcements: Announcements, arrivals: Sequence[Arrival], now: datetime
) -> list[Stored]:
    """The same within a transaction of the caller's."""
    new = await insert(connection, arrivals)
    again = [arrival for arrival in arrivals if arrival.message_id not in new]
    first = await find_first(connection, again)
    changed = [arrival for arrival in again if first[arrival.key]["digest"] != arrival.content_digest]
    for arrival in changed:
        if first[arrival.key]["state"] == State.QUARANTINED and arrival.state is State.RECEIVED:
            await correct(connection, first[arrival.key]["message_id"], arrival, now)
    beside = [beside_first(arrival) for arrival in changed if is_set_aside(arrival, first[arrival.key])]
    kept_beside = await insert(connection, beside)
    await count_repeats(connection, [first[arrival.key]["message_id"] for arrival in again])
    aside = {arrival.message_id for arrival in arrivals if arrival.state is State.QUARANTINED}
    await announce(connection, announcements, sorted((aside & new) | kept_beside), now)
    if any(arrival.state is State.RECEIVED for arrival in arrivals):
        await connection.execute(statements.ANNOUNCE)
    return [
        Stored(arrival.message_id, False)
        if arrival.message_id in new
        else Stored(first[arrival.key]["message_id"], True)
        for arrival in arrivals
    ]


async def insert(connection: AsyncConnection, arrivals: Sequence[Arrival]) -> set[UUID]:
    """The ids of those that are new."""
    if not arrivals:
        return set()
    return set((await connection.execute(statements.STORE, columns_of(arrivals))).scalars())


async def find_first(connection: AsyncConnection, again: Sequence[Arrival]) -> dict[Key, RowMapping]:
    """What was stored under the same keys, locked until the transaction ends."""
    if not again:
        return {}
    rows = (await connection.execute(statements.FIND_FIRST, key_columns(again))).mappings()
    return {(row["sender"], row["topic"], row["sender_event_id"]): row for row in rows}


async def correct(connection: AsyncConnection, message_id: UUID, arrival: Arrival, now: datetime) -> None:
    """The sender's own correction of a message in quarantine."""
    given = {"body": arrival.body, "digest": arrival.content_digest, "business_key": arrival.business_key}
    await connection.execute(statements.HAND_IN_AGAIN, {"message_id": message_id, "now": now, **given})


def is_set_aside(arrival: Arrival, first: RowMapping) -> bool:
    return arrival.sets_aside_changes and first["state"] != State.QUARANTINED


def beside_first(arrival: Arrival) -> Arrival:
    suffix = arrival.content_digest.hex()[:DIGEST_SHOWN]
    return replace(
        arrival,
        sender_event_id=f"{arrival.sender_event_id}#{suffix}",
        state=State.QUARANTINED,
        reason=DIFFERS,
    )


async def count_repeats(connection: AsyncConnection, message_ids: Sequence[UUID]) -> None:
    if not message_ids:
        return
    times = Counter(message_ids)
    await connection.execute(
        statements.COUNT_REPEATS, {"message_id": list(times), "times": list(times.values())}
    )


async def announce(
    connection: AsyncConnection, announcements: Announcements, message_ids: Sequence[UUID], now: datetime
) -> None:
    if not message_ids:
        return
    rows = (await connection.execute(statements.FIND, {"message_ids": list(message_ids)})).mappings()
    await record_events(connection, announcements.events_of([record_of(row) for row in rows], now))

"""Drop the answers and the notes of events that no repeat will ask for any more."""

from datetime import datetime, timedelta

from services.order.application.ports import Store


async def forget_answers(
    store: Store, now: datetime, *, answers_kept: timedelta, notes_kept: timedelta, limit: int
) -> None:
    """Drop what is older, ``limit`` in a transaction, until nothing is left."""
    dropped = limit
    while dropped >= limit:
        dropped = await store.forget_before(now - answers_kept, now - notes_kept, limit)

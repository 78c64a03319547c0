"""Drop the answers that no repeat will ask for any more, and the notes of events that come no more."""

from datetime import datetime, timedelta

from services.erp_gateway.application.ports import Store


async def forget_answers(
    store: Store, *, now: datetime, answers_kept: timedelta, events_kept: timedelta, limit: int
) -> None:
    """Drop what is older than it has to be kept, ``limit`` rows of a kind in a transaction."""
    while await store.forget_answers_before(now - answers_kept, limit) == limit:
        continue
    while await store.forget_events_before(now - events_kept, limit) == limit:
        continue

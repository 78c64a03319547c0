"""Drop the answers that no repeat will ask for any more."""

from datetime import datetime, timedelta

from services.master_data.application.ports import Store


async def forget_answers(store: Store, now: datetime, kept: timedelta, limit: int) -> None:
    """Drop answers older than ``kept``, ``limit`` in a transaction; a later repeat is a new request."""
    dropped = limit
    while dropped == limit:
        async with store.begin() as transaction:
            dropped = await transaction.forget_answers_before(now - kept, limit)

"""Drop answers and notes that no repeat can ask for any more."""

from datetime import datetime, timedelta

from services.inventory.application.ports import Store


async def forget_answers(store: Store, *, now: datetime, kept: timedelta, limit: int) -> bool:
    """Answers whether more are left."""
    return await store.purge(now - kept, limit) >= limit

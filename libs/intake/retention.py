"""Bodies hold personal data and go when nobody needs them; the names of messages stay, against repeats."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import transaction
from libs.idempotency import forget_before
from libs.intake import statements


async def forget(
    engine: AsyncEngine, now: datetime, *, bodies_kept: timedelta, answers_kept: timedelta, batch: int
) -> int:
    """Empty the bodies of messages settled and older than ``bodies_kept``, and drop old answers to operators.

    Messages that still need something, also those in quarantine, keep theirs. At most ``batch`` of each in
    one transaction; returns the number of bodies, so that the caller may go on.
    """
    async with transaction(engine) as connection:
        emptied = await connection.execute(
            statements.FORGET_BODIES, {"before": now - bodies_kept, "limit": batch}
        )
        await forget_before(connection, now - answers_kept, limit=batch)
    return emptied.rowcount

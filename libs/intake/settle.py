"""Recording what became of a batch, in one transaction with everything that follows from it."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.database import retry_conflicts, transaction
from libs.intake import statements
from libs.intake.limits import Limits
from libs.intake.message import OPEN, Message, State
from libs.intake.outcome import Outcome
from libs.intake.protos import Announcements
from libs.intake.rows import problems_json
from libs.intake.store import announce, store_in

Settled = Sequence[tuple[Message, Outcome]]

NO_DELAY = timedelta()


async def settle(
    engine: AsyncEngine, announcements: Announcements, limits: Limits, outcomes: Settled, now: datetime
) -> None:
    """A message that a person dismissed meanwhile stays dismissed."""
    final = [(message, bounded(message, outcome, limits, now)) for message, outcome in outcomes]

    async def run() -> None:
        async with transaction(engine) as connection:
            await connection.execute(statements.SETTLE, columns_of(final, limits, now))
            await follow(connection, announcements, final, now)

    await retry_conflicts(run)


async def follow(
    connection: AsyncConnection, announcements: Announcements, outcomes: Settled, now: datetime
) -> None:
    documents = sorted({document for _, outcome in outcomes for document in outcome.documents})
    if documents:
        await connection.execute(statements.WAKE, {"now": now, "documents": documents})
    contained = [arrival for _, outcome in outcomes for arrival in outcome.contains]
    if contained:
        await store_in(connection, announcements, contained, now)
    await announce(connection, announcements, told_of(outcomes), now)


def told_of(outcomes: Settled) -> list[UUID]:
    """What was just set aside, and what is settled after it had been set aside."""
    return [
        message.message_id
        for message, outcome in outcomes
        if outcome.state is State.QUARANTINED or (message.resubmitted and outcome.state not in OPEN)
    ]


def bounded(message: Message, outcome: Outcome, limits: Limits, now: datetime) -> Outcome:
    """A message that has waited too long, or failed too often, is set aside."""
    fails = outcome.state is None and not outcome.postponed
    if fails and message.failures + 1 >= limits.attempts:
        return Outcome.quarantine(outcome.reason)
    patience = limits.waiting_age if outcome.patience is None else outcome.patience
    if outcome.state is State.WAITING and now - message.received_at >= patience:
        return Outcome.quarantine(outcome.reason)
    return outcome


def columns_of(outcomes: Settled, limits: Limits, now: datetime) -> dict[str, object]:
    delays = [
        limits.backoff(message.attempts, random.random()) if outcome.state in OPEN else NO_DELAY
        for message, outcome in outcomes
    ]
    fails = [outcome.state is None and not outcome.postponed for _, outcome in outcomes]
    return {
        "now": now,
        "message_id": [message.message_id for message, _ in outcomes],
        "state": [outcome.state or message.state for message, outcome in outcomes],
        "reason": [outcome.reason for _, outcome in outcomes],
        "problems": [problems_json(outcome.problems) for _, outcome in outcomes],
        "attempts": [message.attempts + (not outcome.postponed) for message, outcome in outcomes],
        "failures": [message.failures + fail for (message, _), fail in zip(outcomes, fails, strict=True)],
        "next_attempt_at": [now + delay for delay in delays],
        "stays": [outcome.state is None for _, outcome in outcomes],
        "waits_for": [outcome.waits_for for _, outcome in outcomes],
        "order_id": [outcome.order_id for _, outcome in outcomes],
    }

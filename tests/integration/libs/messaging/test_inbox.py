from datetime import UTC, datetime, timedelta
from uuid import uuid4

from libs.database import transaction
from libs.messaging import (
    Received,
    create_inbox_tables,
    create_outbox_tables,
    drop_inbox_tables,
    drop_outbox_tables,
    forget_processed_before,
)
from libs.messaging.inbox import record_processed, without_processed
from tests.builders.events import NOON, PLACED


def received(event_id):
    return Received(event_id, PLACED, "order-1", NOON, b"")


async def test_new_events_are_told_from_known_ones_in_order_and_each_once(engine):
    first, second, third = (received(uuid4()) for _ in range(3))
    async with transaction(engine) as connection:
        assert await record_processed(connection, "c", [second]) == [second]
        assert await record_processed(connection, "c", [third, second, first, third]) == [third, first]
        assert await record_processed(connection, "another", [second]) == [second]
        unseen = received(uuid4())
        assert await without_processed(connection, "c", [first, unseen]) == [unseen]


async def test_old_notes_are_forgotten_in_bounded_steps(engine):
    later = datetime.now(UTC) + timedelta(minutes=1)
    async with transaction(engine) as connection:
        await record_processed(connection, "c", [received(uuid4()) for _ in range(5)])
    async with transaction(engine) as connection:
        assert await forget_processed_before(connection, later, limit=3) == 3
        assert await forget_processed_before(connection, later, limit=3) == 2


async def test_tables_are_dropped_as_they_were_created(engine, apply_steps):
    await apply_steps(
        engine, drop_inbox_tables, drop_outbox_tables, create_outbox_tables, create_inbox_tables
    )

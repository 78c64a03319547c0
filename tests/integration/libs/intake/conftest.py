import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from libs.database import create_engine, transaction
from libs.idempotency import create_idempotency_table
from libs.intake import Announcements, Arrival, Desk, Limits, Outcome, Reading, Worker, create_intake_tables
from libs.messaging import create_outbox_tables
from retailmesh.channel.v1 import channel_events_pb2
from tests.builders.polling import poll_until

ANNOUNCEMENTS = Announcements(channel_events_pb2.MessageQuarantined, channel_events_pb2.MessageResolved)
QUICK = Limits(
    batch=50,
    attempts=3,
    first_backoff=timedelta(milliseconds=10),
    longest_backoff=timedelta(milliseconds=50),
    longest_pause=timedelta(milliseconds=50),
    sweep=timedelta(milliseconds=200),
)


@pytest.fixture
async def engine(database_url, apply_steps):
    engine = create_engine(database_url, application_name="test")
    await apply_steps(engine, create_idempotency_table, create_outbox_tables, create_intake_tables)
    yield engine
    await engine.dispose()


@pytest.fixture
def read():
    """A body is readable unless it says that it is broken; its first word is the document."""
    from libs.intake import Problem

    def reading(sender, topic, body):
        if b"broken" in body:
            return Reading("", [Problem("body", "must not be broken")])
        return Reading(body.split()[0].decode())

    return reading


@pytest.fixture
def desk(engine, read):
    return Desk(engine, ANNOUNCEMENTS, read, patience=timedelta(seconds=5))


@pytest.fixture
def arrival():
    def make(event, key="doc", body=None, **given):
        return Arrival(
            message_id=uuid4(),
            sender=given.pop("sender", "shop"),
            topic=given.pop("topic", "orders/create"),
            sender_event_id=event,
            business_key=key,
            body=body if body is not None else f"{key} {event}".encode(),
            received_at=given.pop("received_at", datetime.now(UTC)),
            **given,
        )

    return make


class Applying:
    """A batch use case that remembers what it was given and answers as it is told to."""

    def __init__(self):
        self.batches = []
        self.answers = {}
        self.gate = asyncio.Event()
        self.gate.set()

    @property
    def bodies(self):
        return [message.body.decode() for batch in self.batches for message in batch]

    async def __call__(self, messages):
        self.batches.append(messages)
        await self.gate.wait()
        outcomes = []
        for message in messages:
            answer = self.answers.get(message.body.decode(), Outcome.apply(documents=[message.business_key]))
            if isinstance(answer, Exception):
                raise answer
            outcomes.append(answer(message) if callable(answer) else answer)
        return outcomes


@pytest.fixture
def applying():
    return Applying()


@pytest.fixture
async def start_worker(engine, applying):
    workers = []

    async def start(limits=QUICK, now=lambda: datetime.now(UTC), apply=applying):
        worker = Worker(engine, apply, ANNOUNCEMENTS, limits, application_name="worker", now=now)
        workers.append(worker)
        await worker.start()
        return worker

    yield start
    for worker in workers:
        await worker.stop()


@pytest.fixture
def rows(engine):
    async def select(sql="select * from raw_messages order by position", **parameters):
        async with transaction(engine) as connection:
            result = await connection.execute(text(sql), parameters)
            return result.mappings().all() if result.returns_rows else []

    return select


@pytest.fixture
def states(rows):
    async def by_event():
        return {row["sender_event_id"]: row["state"] for row in await rows()}

    return by_event


@pytest.fixture
def settled(states):
    """Waits until every message has one of the states."""

    async def wait(**wanted):
        async def reached():
            found = await states()
            return all(found.get(event) == state for event, state in wanted.items())

        await poll_until(reached)

    return wait

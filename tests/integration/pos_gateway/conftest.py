import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text

from libs.database import create_engine, run_invariants, transaction
from libs.intake import Limits, Reception, RefusedCounter, Worker
from services.pos_gateway.adapters.journal import PostgresJournal
from services.pos_gateway.adapters.poslog import read_one
from services.pos_gateway.adapters.poslog_xml import transactions_of
from services.pos_gateway.adapters.split_file import split_file
from services.pos_gateway.adapters.till_signature import TillSignature
from services.pos_gateway.app import ANNOUNCEMENTS, desk_of
from services.pos_gateway.application.apply_messages import apply_messages
from services.pos_gateway.application.ports import Surroundings
from services.pos_gateway.entrypoints.http import TillFiles
from tests.builders.polling import poll_until
from tests.builders.poslog import SECRET, token
from tests.builders.till_ports import FakeCatalogue, FakeInventory, FakeTillOrders

BODY_LIMIT = 100_000
QUICK = Limits(
    first_backoff=timedelta(milliseconds=10),
    longest_backoff=timedelta(milliseconds=50),
    longest_pause=timedelta(milliseconds=50),
    sweep=timedelta(milliseconds=200),
)


def utc_now():
    return datetime.now(UTC)


@pytest.fixture
def service_name():
    return "pos_gateway"


@pytest.fixture
async def engine(database_url):
    """Whatever a test did, the invariants hold afterwards."""
    engine = create_engine(database_url, application_name="test")
    yield engine
    violations = await run_invariants(engine, "services/pos_gateway/invariants.sql")
    await engine.dispose()
    assert violations == []


@pytest.fixture
def orders():
    return FakeTillOrders()


@pytest.fixture
def inventory():
    return FakeInventory()


@pytest.fixture
def catalogue():
    return FakeCatalogue()


@pytest.fixture
def journal(engine):
    return PostgresJournal(engine)


@pytest.fixture
async def client(engine):
    """The tills' own server, with the secret before the present one still valid."""
    reception = Reception(engine, ANNOUNCEMENTS, utc_now, max_batch=50, max_queue=500)
    refused = RefusedCounter(engine)
    files = TillFiles(
        reception,
        refused,
        is_signed=TillSignature([SECRET, "the secret before"]),
        check=transactions_of,
        body_limit=BODY_LIMIT,
        body_seconds=5.0,
        now=utc_now,
        new_id=uuid4,
    )
    async with TestClient(TestServer(files.application())) as client:
        yield client
    await reception.stop()
    await refused.stop()


@pytest.fixture
def send(client):
    """``status, answer = await send(a_file(a_sale()))``."""

    async def put(body, *, store="300", till="30001", name="POSLog.xml", secret=SECRET, headers=None):
        signed = {"X-Till-Token": token(body, secret)} | (headers or {})
        async with client.put(f"/poslog/{store}/{till}/{name}", data=body, headers=signed) as response:
            return response.status, await response.json(content_type=None)

    return put


@pytest.fixture
async def start_worker(engine, orders, inventory, catalogue, journal):
    workers = []

    async def start(limits=QUICK):
        around = Surroundings(
            split=split_file,
            read=read_one,
            orders=orders,
            inventory=inventory,
            master_data=catalogue,
            journal=journal,
            original_wait=timedelta(hours=2),
            at_once=8,
        )

        async def apply(messages):
            return await apply_messages(around, messages, utc_now())

        workers.append(Worker(engine, apply, ANNOUNCEMENTS, limits, application_name="worker"))
        await workers[-1].start()
        return workers[-1]

    yield start
    await asyncio.gather(*(worker.stop() for worker in workers))


@pytest.fixture
def desk(engine):
    return desk_of(engine, patience=5.0)


@pytest.fixture
def rows(engine):
    async def select(sql="select * from raw_messages order by position"):
        async with transaction(engine) as connection:
            result = await connection.execute(text(sql))
            return result.mappings().all() if result.returns_rows else []

    return select


@pytest.fixture
def settled(rows):
    """Waits until nothing is left to do, and answers (topic, state, reason) of each message."""

    async def wait(*, waiting=0):
        async def found():
            all_rows = await rows()
            states = [row["state"] for row in all_rows]
            return states.count("received") == 0 and states.count("waiting") == waiting and all_rows

        return [(row["topic"], row["state"], row["reason"]) for row in await poll_until(found)]

    return wait

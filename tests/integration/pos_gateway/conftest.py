import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer

from libs.intake import Desk, Reception, RefusedCounter, Worker
from services.pos_gateway.adapters.journal import PostgresJournal
from services.pos_gateway.adapters.poslog import read_one
from services.pos_gateway.adapters.poslog_xml import transactions_of
from services.pos_gateway.adapters.split_file import split_file
from services.pos_gateway.adapters.till_signature import TillSignature
from services.pos_gateway.app import ANNOUNCEMENTS, desk_reading
from services.pos_gateway.application.apply_messages import apply_messages
from services.pos_gateway.application.ports import Surroundings
from services.pos_gateway.entrypoints.http import TillFiles
from tests.builders.poslog import SECRET, token
from tests.builders.raw_messages import QUICK, database_of, rows_of, settling, utc_now
from tests.builders.till_ports import FakeCatalogue, FakeInventory, FakeTillOrders

BODY_LIMIT = 100_000


@pytest.fixture
def service_name():
    return "pos_gateway"


@pytest.fixture
async def engine(database_url, service_name):
    async with database_of(database_url, service_name) as engine:
        yield engine


@pytest.fixture
def rows(engine):
    return rows_of(engine)


@pytest.fixture
def settled(rows):
    return settling(rows)


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
    return Desk(engine, ANNOUNCEMENTS, desk_reading, patience=timedelta(seconds=5))

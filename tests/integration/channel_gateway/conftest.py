import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from aiohttp.test_utils import TestClient, TestServer

from libs.intake import Desk, Reception, RefusedCounter, Worker
from services.channel_gateway.adapters.ledger import PostgresLedger
from services.channel_gateway.adapters.shopify import read
from services.channel_gateway.adapters.shopify_webhooks import ShopifyWebhooks
from services.channel_gateway.app import ANNOUNCEMENTS, desk_reading
from services.channel_gateway.application.apply_messages import apply_messages
from services.channel_gateway.application.ports import Patience, Surroundings
from services.channel_gateway.entrypoints.http import Webhooks
from tests.builders.raw_messages import QUICK, database_of, rows_of, settling, utc_now
from tests.builders.shopify import SECRET, SHOP, body_of, headers_of
from tests.builders.storefront_ports import FakeMasterData, FakeOrders

BODY_LIMIT = 100_000
PATIENT = Patience(for_order=timedelta(hours=1), for_parcels=timedelta(hours=1), for_state=timedelta(hours=1))


@pytest.fixture
def service_name():
    return "channel_gateway"


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
    return FakeOrders()


@pytest.fixture
def patience():
    return PATIENT


@pytest.fixture
async def refused(engine):
    counter = RefusedCounter(engine)
    yield counter
    await counter.stop()


@asynccontextmanager
async def serving(engine, refused):
    """The webhooks' own server, with the secret before the present one still valid."""
    reception = Reception(engine, ANNOUNCEMENTS, utc_now, max_batch=50, max_queue=500)
    webhooks = Webhooks(
        reception,
        refused,
        {"shopify": ShopifyWebhooks({SHOP: [SECRET, "the secret before"]})},
        body_limit=BODY_LIMIT,
        body_seconds=5.0,
        now=utc_now,
        new_id=uuid4,
    )
    async with TestClient(TestServer(webhooks.application())) as client:
        yield client
    await reception.stop()


@pytest.fixture
async def client(engine, refused):
    async with serving(engine, refused) as client:
        yield client


@pytest.fixture
def send(client):
    """``status, answer = await send("orders/create", an_order())``; ``event`` tells repeats apart."""

    async def post(topic, content, *, event="", secret=SECRET, shop=SHOP, headers=None):
        body = content if isinstance(content, bytes) else body_of(content)
        signed = headers_of(body, topic, event or str(uuid4()), secret) | (headers or {})
        kept = {name: value for name, value in signed.items() if value is not None}
        async with client.post(f"/webhooks/shopify/{shop}", data=body, headers=kept) as response:
            return response.status, await response.json(content_type=None)

    return post


@pytest.fixture
async def start_worker(engine, orders, patience):
    """Starts a worker that tells `orders`; several may run, of which one leads."""
    workers = []

    async def start(limits=QUICK):
        around = Surroundings(
            read=read,
            orders=orders,
            master_data=FakeMasterData(),
            ledger=PostgresLedger(engine),
            patience=patience,
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
    return Desk(engine, ANNOUNCEMENTS, desk_reading(ShopifyWebhooks({})), patience=timedelta(seconds=5))

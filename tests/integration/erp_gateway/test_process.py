"""The service as a process beside the sandbox: events in by the broker, documents out, and a sudden death."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import nats
import pytest

from libs.database import create_engine, run_invariants
from libs.messaging import Event, connect_broker, ensure_streams
from libs.messaging.outbox import Recorded
from libs.messaging.publisher import Publisher
from retailmesh.erp.v1 import erp_service_pb2 as pb
from retailmesh.erp.v1 import erp_service_pb2_grpc
from tests.builders.order_facts import an_order, order_id, was_cancelled, was_placed
from tests.builders.polling import poll_until
from tests.integration.erp_gateway.conftest import INVARIANTS

ORDERS = 60


@pytest.fixture(scope="module")
def mesh_services() -> list[str]:
    return ["erp_gateway"]


@pytest.fixture(scope="module")
def mesh_overrides() -> Mapping[str, Mapping[str, str]]:
    """Short patience: the test waits for the lease of the process that it kills."""
    return {"erp_gateway": {"ERP_ANSWERS_AFTER_SECONDS": "1", "ERP_SETTLE_SECONDS": "2"}}


@pytest.fixture
async def publish(mesh):
    broker = await connect_broker(mesh.nats_url, name="test")
    await ensure_streams(broker.jetstream(), ["RETAIL_ORDER"])
    publisher = Publisher(broker)

    async def send(*events: Event) -> None:
        await publisher.publish([recorded(number, event) for number, event in enumerate(events)])

    yield send
    await broker.close()


def recorded(position: int, event: Event) -> Recorded:
    return Recorded(
        position=position,
        event_id=event.id,
        subject=event.subject,
        type=event.type,
        key=event.key,
        time=event.time,
        traceparent=event.traceparent,
        tracestate=event.tracestate,
        payload=event.payload,
    )


@pytest.fixture
async def backlog(mesh) -> AsyncIterator[Any]:
    """``await backlog()`` on a connection that outlives the process behind it."""
    async with AsyncExitStack() as opened:

        async def ask():
            channel = mesh.channel("erp_gateway")
            opened.push_async_callback(channel.close)
            stub = erp_service_pb2_grpc.ErpGatewayServiceStub(channel)
            return await stub.GetBacklog(pb.GetBacklogRequest())

        yield ask


@pytest.fixture
async def sandbox(mesh):
    """``await sandbox("GET", "stats")`` is the ERP's answer."""
    async with aiohttp.ClientSession() as session:

        async def call(method: str, path: str, **body: Any) -> Any:
            url = f"http://{mesh.http_address('sandbox')}/erp/{path}"
            async with session.request(method, url, json=body or None) as response:
                assert response.status == 200
                return await response.json()

        yield call


@pytest.mark.parametrize(("first", "kind"), [(1, "orders"), (101, "orders/payment")])
async def test_a_gateway_killed_between_the_write_and_its_answer_doubles_nothing(
    mesh, publish, backlog, sandbox, first, kind
):
    before = (await backlog()).posted
    await sandbox("POST", "_control", hold={"kind": kind, "key_contains": ""})
    await publish(*(was_placed(an_order(first + number, customer="C1")) for number in range(ORDERS)))

    async def several_are_held():
        return len((await sandbox("GET", "_control"))["held"]) >= 3

    async def all_posted():
        return (await backlog()).posted == before + ORDERS

    await poll_until(several_are_held)
    await asyncio.to_thread(mesh.kill, "erp_gateway")
    await sandbox("POST", "_control", release="break")
    await asyncio.to_thread(mesh.start_service, "erp_gateway")
    await poll_until(all_posted, 60.0)
    stats = await sandbox("GET", "stats")
    assert stats["doubled"] == []
    documents = {"orders", "orders/lines", "orders/tax", "orders/payment"}
    assert stats["documents"] == {"customers": 1, **dict.fromkeys(documents, before + ORDERS)}
    engine = create_engine(mesh.database_url("erp_gateway"), application_name="test")
    assert await run_invariants(engine, INVARIANTS) == []
    await engine.dispose()


async def test_that_postings_are_done_is_published(mesh, publish):
    order = an_order(1000)
    client = await nats.connect(mesh.nats_url)
    seen = await client.subscribe("retail.erp.v1.posting.completed.*")
    await publish(was_placed(order), was_cancelled(order))
    keys = [(await seen.next_msg(timeout=20)).headers["ce-subject"] for _ in range(2)]
    await client.close()
    assert keys == [order_id(1000)] * 2

"""The service as a process beside the sandbox: events in by the broker, documents out, and a sudden death."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import grpc
import nats
import pytest

from tests.builders.order_facts import an_order, order_id, was_cancelled, was_placed
from tests.builders.polling import poll_until

ORDERS = 60


@pytest.fixture(scope="module")
def mesh_services() -> list[str]:
    return ["erp_gateway"]


@pytest.fixture(scope="module")
def mesh_overrides() -> Mapping[str, Mapping[str, str]]:
    """Short patience: the test waits for the lease of the process that it kills."""
    return {"erp_gateway": {"ERP_ANSWERS_AFTER_SECONDS": "1", "ERP_SETTLE_SECONDS": "2"}}


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
    mesh, publish, backlog, sandbox, invariants_hold, first, kind
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
    assert await invariants_hold()


async def test_a_database_that_restarts_costs_time_and_nothing_else(
    mesh, publish, backlog, sandbox, invariants_hold
):
    before = (await backlog()).posted
    await publish(*(was_placed(an_order(201 + number, customer="C1")) for number in range(ORDERS)))
    await asyncio.to_thread(mesh.restart, "postgres")

    async def all_posted():
        try:
            return (await backlog()).posted == before + ORDERS
        except grpc.aio.AioRpcError:
            return False

    await poll_until(all_posted, 60.0)
    assert (await sandbox("GET", "stats"))["doubled"] == []
    assert await invariants_hold()


async def test_that_postings_are_done_is_published(mesh, publish):
    order = an_order(1000)
    client = await nats.connect(mesh.nats_url)
    seen = await client.subscribe("retail.erp.v1.posting.completed.*")
    await publish(was_placed(order), was_cancelled(order))
    keys = [(await seen.next_msg(timeout=20)).headers["ce-subject"] for _ in range(2)]
    await client.close()
    assert keys == [order_id(1000)] * 2

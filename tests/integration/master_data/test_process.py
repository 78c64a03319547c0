"""The service as a process: certificates, readiness, relay, and what an outage does to its callers."""

import asyncio
from contextlib import AsyncExitStack

import nats
import pytest

from libs.messaging import stream_of
from retailmesh.masterdata.v1 import master_data_events_pb2 as events_pb2
from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1 import master_data_service_pb2_grpc
from tests.builders.master_data import a_product, plu
from tests.builders.master_data_upserts import PRODUCTS
from tests.builders.polling import poll_until


@pytest.fixture(scope="module")
def mesh_services() -> list[str]:
    return ["master_data"]


@pytest.fixture
async def connect(mesh):
    """``connect()`` is a stub on a new connection: one that was refused waits before it tries again."""
    async with AsyncExitStack() as opened:

        def stub():
            channel = mesh.channel("master_data", "cli")
            opened.push_async_callback(channel.close)
            return master_data_service_pb2_grpc.MasterDataServiceStub(channel)

        yield stub


@pytest.fixture
async def published(mesh):
    """``await published()``: what the stream holds, as (subject, key, product)."""
    client = await nats.connect(mesh.nats_url)
    jetstream = client.jetstream()

    async def read():
        stream = stream_of("masterdata")
        last = (await jetstream.stream_info(stream)).state.last_seq
        messages = [await jetstream.get_msg(stream, number) for number in range(1, last + 1)]
        return [
            (it.subject, it.headers["ce-subject"], events_pb2.ProductChanged.FromString(it.data).product)
            for it in messages
        ]

    yield read
    await client.close()


async def test_a_change_is_published_and_read_back(connect, published):
    stub = connect()
    await PRODUCTS.send(stub, a_product("A", plu("41")))

    async def told():
        return [product for _, key, product in await published() if key == "A"]

    (product,) = await poll_until(told)
    answer = await stub.BatchGetProducts(pb.BatchGetProductsRequest(skus=["A"]))
    assert list(answer.products) == [product]


async def test_a_service_killed_under_load_neither_loses_nor_doubles_a_change(connect, mesh, published):
    skus = [f"B{number:02}" for number in range(40)]

    async def write(stub):
        requests = [PRODUCTS.send(stub, a_product(sku), request_id=f"create {sku}") for sku in skus]
        return await asyncio.gather(*requests, return_exceptions=True)

    writing = asyncio.create_task(write(connect()))
    await poll_until(published)
    await asyncio.to_thread(mesh.kill, "master_data")
    await writing
    await asyncio.to_thread(mesh.start_service, "master_data")
    # Whatever became of the first attempts, each repeat answers what the one change did.
    assert [answer.created for answer in await write(connect())] == [1] * 40

    async def told():
        keys = [key for _, key, _ in await published() if key in skus]
        return keys if set(keys) == set(skus) else None

    assert sorted(await poll_until(told)) == skus

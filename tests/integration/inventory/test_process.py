"""The service as a process: certificates, relay, consumers, and what a kill does to its callers."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import nats
import pytest

from libs.database import create_engine, run_invariants
from libs.messaging import stream_of
from retailmesh.inventory.v1 import inventory_events_pb2 as events_pb2
from retailmesh.inventory.v1 import inventory_service_pb2_grpc
from retailmesh.masterdata.v1 import master_data_service_pb2 as master_data_pb2
from retailmesh.masterdata.v1 import master_data_service_pb2_grpc
from retailmesh.masterdata.v1.party_pb2 import LOCATION_KIND_WAREHOUSE
from retailmesh.order.v1 import order_events_pb2, order_pb2
from tests.builders.inventory_requests import (
    a_count,
    a_line,
    a_reservation,
    an_issue,
    counted,
    issue,
    levels,
    order_id,
    reservations,
    reserve,
)
from tests.builders.master_data import a_location
from tests.builders.polling import poll_until
from tests.integration.inventory.conftest import INVARIANTS

SERVICE = "inventory"


@pytest.fixture(scope="module")
def mesh_services() -> list[str]:
    return [SERVICE]


@pytest.fixture
async def connect(mesh):
    """``connect("order")``: inventory, spoken to as that workload on a new connection."""
    async with AsyncExitStack() as opened:

        def stub(workload: str):
            channel = mesh.channel(SERVICE, workload)
            opened.push_async_callback(channel.close)
            return inventory_service_pb2_grpc.InventoryServiceStub(channel)

        yield stub


@pytest.fixture
async def add_location(mesh):
    """``await add_location("W1")`` to master data, which tells inventory."""
    channel = mesh.channel("master_data", "cli")
    stub = master_data_service_pb2_grpc.MasterDataServiceStub(channel)

    async def add(location_id: str) -> None:
        location = a_location(location_id, kind=LOCATION_KIND_WAREHOUSE, region="EAST")
        request = master_data_pb2.BatchUpsertLocationsRequest(request_id=str(uuid4()), locations=[location])
        await stub.BatchUpsertLocations(request)

    yield add
    await channel.close()


@pytest.fixture
async def broker(mesh):
    client = await nats.connect(mesh.nats_url)
    yield client
    await client.close()


async def place(broker, number: int) -> None:
    """What the order service tells when it has recorded an order."""
    order = order_pb2.Order(order_id=order_id(number), state=order_pb2.ORDER_STATE_CONFIRMED)
    headers = {
        "ce-id": str(uuid4()),
        "ce-type": "retailmesh.order.v1.OrderPlaced",
        "ce-subject": order_id(number),
        "ce-time": "2026-06-01T09:00:00+00:00",
    }
    payload = order_events_pb2.OrderPlaced(order=order).SerializeToString()
    await broker.jetstream().publish("retail.order.v1.order.placed.p0", payload, headers=headers)


async def reserved_orders(broker) -> list[str]:
    jetstream = broker.jetstream()
    stream = stream_of("inventory")
    last = (await jetstream.stream_info(stream)).state.last_seq
    messages = [await jetstream.get_msg(stream, number) for number in range(1, last + 1)]
    return [
        events_pb2.StockReserved.FromString(it.data).order_id
        for it in messages
        if it.headers["ce-type"].endswith("StockReserved")
    ]


async def test_stock_is_counted_promised_and_told_about(connect, add_location, broker):
    await add_location("A1")
    stub = connect("order")
    await connect("cli").CountStock(a_count(counted("MILK", "A1", 5)))
    [result] = await reserve(stub, a_reservation())
    assert [it.location_id for it in result.reserved.allocations] == ["A1"]

    async def told() -> bool:
        return order_id() in await reserved_orders(broker)

    await poll_until(told)


async def test_the_record_of_an_order_makes_its_promise_firm(connect, add_location, broker):
    await add_location("B1")
    stub = connect("order")
    await connect("cli").CountStock(a_count(counted("BREAD", "B1", 5)))
    await reserve(stub, a_reservation(a_line("BREAD"), order_id=order_id(2)))
    await place(broker, 2)

    async def firm() -> bool:
        return await reservations(stub, 2) == [("1", "B1", 1, "FIRM")]

    await poll_until(firm)


async def test_a_service_killed_under_load_neither_loses_nor_doubles(connect, add_location, broker, mesh):
    await add_location("C1")
    await connect("cli").CountStock(a_count(counted("EGGS", "C1", 1000)))
    orders = [
        a_reservation(a_line("EGGS"), order_id=order_id(100 + number), request_id=f"reserve-{number}")
        for number in range(60)
    ]
    sales = [
        an_issue(
            a_line("EGGS"),
            location_id="C1",
            request_id=f"sale-{number}",
            source_reference=f"receipt-{number}",
        )
        for number in range(60)
    ]

    async def send_all(stub):
        calls = [reserve(stub, it) for it in orders] + [issue(stub, it) for it in sales]
        return await asyncio.gather(*calls, return_exceptions=True)

    sending = asyncio.create_task(send_all(connect("order")))

    async def some_done() -> bool:
        return (await levels(connect("cli"), "EGGS")) != {"C1_EGGS": (1000, 0)}

    await poll_until(some_done)
    await asyncio.to_thread(mesh.kill, SERVICE)
    await sending
    await asyncio.to_thread(mesh.start_service, SERVICE)
    answers = await send_all(connect("order"))
    assert [it for it in answers if isinstance(it, Exception) or it[0].HasField("refusal")] == []
    assert await levels(connect("cli"), "EGGS") == {"C1_EGGS": (940, 60)}

    async def told() -> bool:
        seen = [it for it in await reserved_orders(broker) if it >= order_id(100)]
        return sorted(set(seen)) == [it.order_id for it in orders]

    await poll_until(told)
    engine = create_engine(mesh.database_url(SERVICE), application_name="test")
    assert await run_invariants(engine, INVARIANTS) == []
    await engine.dispose()

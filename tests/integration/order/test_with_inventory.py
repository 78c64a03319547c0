"""Orders and the real inventory, as processes: at the end they agree, whatever was killed."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import grpc
import pytest

from libs.database import create_engine, run_invariants
from libs.protos import timestamp_to_proto
from retailmesh.inventory.v1 import inventory_service_pb2 as inventory_pb2
from retailmesh.inventory.v1.inventory_service_pb2_grpc import InventoryServiceStub
from retailmesh.inventory.v1.stock_pb2 import RESERVATION_STATE_FIRM, RESERVATION_STATE_TENTATIVE
from retailmesh.masterdata.v1 import master_data_service_pb2 as master_data_pb2
from retailmesh.masterdata.v1.master_data_service_pb2_grpc import MasterDataServiceStub
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_pb2 import (
    ORDER_STATE_BACKORDERED,
    ORDER_STATE_COMPLETED,
    ORDER_STATE_CONFIRMED,
)
from retailmesh.order.v1.order_service_pb2_grpc import OrderServiceStub
from tests.builders.inventory_requests import counted
from tests.builders.master_data import a_location, a_product
from tests.builders.order_requests import (
    MONDAY,
    a_line,
    a_return,
    a_sale,
    a_shipment,
    an_order,
    back,
    cancelling,
    named,
    placing,
    returning,
    shipping,
)
from tests.builders.polling import poll_until

PLACES = ("W001", "S001", "S002")
OPEN = (RESERVATION_STATE_FIRM, RESERVATION_STATE_TENTATIVE)


@pytest.fixture(scope="module")
def mesh_services():
    return ["order"]


class Shop:
    """What tests do with the mesh; each test has products of its own."""

    def __init__(self, mesh):
        self.mesh = mesh
        self.channels = [mesh.channel("order", it) for it in ("channel_gateway", "pos_gateway", "cli")]
        self.channels += [mesh.channel(it, "cli") for it in ("inventory", "master_data")]
        self.orders, self.tills, self.cli = map(OrderServiceStub, self.channels[:3])
        self.inventory = InventoryServiceStub(self.channels[3])
        self.master_data = MasterDataServiceStub(self.channels[4])
        self.prefix = uuid4().hex[:8]
        self.opened_at = MONDAY - timedelta(days=1)

    async def close(self):
        for channel in self.channels:
            await channel.close()

    def sku(self, name):
        return f"{self.prefix}-{name}"

    def number(self, name):
        return f"{self.prefix}-{name}"

    async def know(self, *names):
        places = [a_location(place, ships=True) for place in PLACES]
        products = [a_product(self.sku(name)) for name in names]
        await self.master_data.BatchUpsertLocations(
            master_data_pb2.BatchUpsertLocationsRequest(request_id=str(uuid4()), locations=places)
        )
        await self.master_data.BatchUpsertProducts(
            master_data_pb2.BatchUpsertProductsRequest(request_id=str(uuid4()), products=products)
        )

    async def count(self, name, **pieces):
        """``W001=5``; each count is later than the one before."""
        self.opened_at += timedelta(minutes=1)
        request = inventory_pb2.CountStockRequest(
            request_id=str(uuid4()),
            source_reference="count",
            counted_at=timestamp_to_proto(self.opened_at),
            counts=[counted(self.sku(name), place, count) for place, count in pieces.items()],
        )

        async def done():
            try:
                return await self.inventory.CountStock(request)
            except grpc.aio.AioRpcError:
                return None

        await poll_until(done)

    async def order(self, name):
        found = await self.orders.GetOrder(pb.GetOrderRequest(order=named(self.number(name))))
        return found.order

    async def in_state(self, name, state):
        async def reached():
            order = await self.order(name)
            return order if order.state == state else None

        return await poll_until(reached, 30)

    async def reserved(self, order_id):
        request = inventory_pb2.ListReservationsRequest(order_id=order_id)
        found = (await self.inventory.ListReservations(request)).reservations
        return {(it.line_id, it.location_id): it.quantity.milli for it in found if it.state in OPEN}

    async def level(self, name, place):
        request = inventory_pb2.BatchGetAvailabilityRequest(skus=[self.sku(name)], location_ids=[place])
        [level] = (await self.inventory.BatchGetAvailability(request)).levels
        return level.on_hand.milli, level.reserved.milli

    async def agrees(self, order):
        """Whether inventory holds for the order what the order believes in."""
        return await self.reserved(order.order_id) == {
            (it.line_id, it.location_id): it.quantity.milli for it in order.allocations
        }

    async def violations(self):
        found = []
        for service in ("order", "inventory"):
            engine = create_engine(self.mesh.database_url(service), application_name="test")
            found += await run_invariants(engine, f"services/{service}/invariants.sql")
            await engine.dispose()
        return found


@pytest.fixture
async def shop(mesh):
    shop = Shop(mesh)
    yield shop
    violations = await shop.violations()
    await shop.close()
    assert violations == []


async def test_an_order_is_promised_sent_and_partly_brought_back(shop):
    await shop.know("milk")
    await shop.count("milk", W001=5)
    await shop.orders.PlaceOrder(placing(an_order(a_line("1", shop.sku("milk"), 3), number=shop.number("a"))))
    order = await shop.order("a")
    assert await shop.agrees(order)
    order_name = named(shop.number("a"))
    await shop.orders.RecordShipment(shipping(order_name, a_shipment(("1", 3))))
    assert await shop.level("milk", "W001") == (2000, 0)
    await shop.orders.RecordReturn(returning(a_return(back(), return_id=shop.number("R")), order_name))
    assert await shop.level("milk", "S001") == (1000, 0)


async def test_a_cancelled_order_frees_its_stock_for_one_that_waits(shop):
    await shop.know("milk")
    await shop.count("milk", W001=2)
    for name in ("a", "b"):
        line = a_line("1", shop.sku("milk"), 2)
        await shop.orders.PlaceOrder(placing(an_order(line, number=shop.number(name))))
    assert (await shop.order("b")).state == ORDER_STATE_BACKORDERED
    await shop.orders.CancelOrder(cancelling(named(shop.number("a"))))
    assert await shop.agrees(await shop.in_state("b", ORDER_STATE_CONFIRMED))


async def test_stock_that_comes_in_goes_to_the_oldest_order_first(shop):
    await shop.know("milk")
    await shop.count("milk", W001=0)
    for name in ("a", "b", "c"):
        await shop.orders.PlaceOrder(
            placing(an_order(a_line("1", shop.sku("milk")), number=shop.number(name)))
        )
    await shop.count("milk", W001=2)
    for name in ("a", "b"):
        assert await shop.agrees(await shop.in_state(name, ORDER_STATE_CONFIRMED))
    assert (await shop.order("c")).state == ORDER_STATE_BACKORDERED


async def test_an_order_whose_goods_a_till_sells_is_sourced_elsewhere(shop):
    await shop.know("milk")
    await shop.count("milk", S001=1)
    line = a_line("1", shop.sku("milk"))
    await shop.orders.PlaceOrder(placing(an_order(line, number=shop.number("a"))))
    assert [it.location_id for it in (await shop.order("a")).allocations] == ["S001"]
    await shop.count("milk", S002=1)
    await shop.tills.PlaceOrder(placing(a_sale(line, number=shop.number("sale"))))

    async def moved():
        order = await shop.order("a")
        return order if [it.location_id for it in order.allocations] == ["S002"] else None

    order = await poll_until(moved, 30)
    assert order.state == ORDER_STATE_CONFIRMED
    assert await shop.agrees(order)


async def test_an_order_whose_goods_are_gone_for_good_waits(shop):
    await shop.know("milk")
    await shop.count("milk", S001=1)
    line = a_line("1", shop.sku("milk"))
    await shop.orders.PlaceOrder(placing(an_order(line, number=shop.number("a"))))
    await shop.tills.PlaceOrder(placing(a_sale(line, number=shop.number("sale"))))
    order = await shop.in_state("a", ORDER_STATE_BACKORDERED)
    assert await shop.agrees(order)


async def test_a_shipment_recorded_while_inventory_is_dead_reaches_it_when_it_is_back(shop):
    await shop.know("milk")
    await shop.count("milk", W001=5)
    await shop.orders.PlaceOrder(placing(an_order(a_line("1", shop.sku("milk"), 2), number=shop.number("a"))))
    await asyncio.to_thread(shop.mesh.kill, "inventory")
    answer = await shop.orders.RecordShipment(shipping(named(shop.number("a")), a_shipment(("1", 2))))
    assert answer.order.state == ORDER_STATE_COMPLETED
    await asyncio.to_thread(shop.mesh.start_service, "inventory")

    async def told():
        try:
            return await shop.level("milk", "W001") == (3000, 0)
        except grpc.aio.AioRpcError:
            return False

    await poll_until(told, 30)


async def test_orders_and_inventory_agree_though_the_order_service_was_killed_again_and_again(shop):
    await shop.know("milk", "bread")
    await shop.count("milk", W001=10_000, S001=10_000)
    await shop.count("bread", W001=40)
    lines = [a_line("1", shop.sku("milk"), 2), a_line("2", shop.sku("bread"))]
    requests = [placing(an_order(*lines, number=shop.number(str(it)))) for it in range(120)]

    async def until_answered(call, request):
        while True:
            try:
                return await call(request)
            except grpc.aio.AioRpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                    raise
                await asyncio.sleep(0.1)

    async def life(request, number):
        await until_answered(shop.orders.PlaceOrder, request)
        order = named(shop.number(str(number)))
        if number % 3 == 0:
            sent = shipping(order, a_shipment(("1", 2), shipment_id="F1", location_id="W001"))
            await until_answered(shop.orders.RecordShipment, sent)
        elif number % 3 == 1:
            await until_answered(shop.orders.CancelOrder, cancelling(order))

    async def killing():
        for _ in range(3):
            await asyncio.sleep(0.4)
            await asyncio.to_thread(shop.mesh.restart, "order")

    await asyncio.gather(killing(), *[life(request, number) for number, request in enumerate(requests)])

    async def all_agree():
        for number in range(120):
            if not await shop.agrees(await shop.order(str(number))):
                return False
        return True

    await poll_until(all_agree, 60)
    sent = sum(2000 for number in range(120) if number % 3 == 0)
    on_hand = (await shop.level("milk", "W001"))[0] + (await shop.level("milk", "S001"))[0]
    assert on_hand == 20_000_000 - sent

"""A mesh with a catalogue, endless stock, and orders to place in it."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

import grpc
from google.type.money_pb2 import Money

from libs.stack import Mesh
from retailmesh.inventory.v1 import inventory_service_pb2, inventory_service_pb2_grpc
from retailmesh.masterdata.v1 import master_data_service_pb2, master_data_service_pb2_grpc, party_pb2
from retailmesh.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from retailmesh.type.v1 import quantity_pb2

SKUS = 1000
LOCATIONS = 4
LINES = 3
ENDLESS_MILLI = 1_000_000_000
CURRENCY = "USD"
BATCH = 500
SERVICES = ("master_data", "inventory", "order")


def sku(number: int) -> str:
    return f"SKU-{number:05d}"


def location(number: int) -> str:
    return f"wh-{number}"


@dataclass(frozen=True, slots=True)
class World:
    """Stubs of a running mesh; ``run`` keeps the ids of one run apart from those of another."""

    mesh: Mesh
    orders: order_service_pb2_grpc.OrderServiceStub
    stock: inventory_service_pb2_grpc.InventoryServiceStub
    master_data: master_data_service_pb2_grpc.MasterDataServiceStub
    channels: tuple[grpc.aio.Channel, ...]
    run: str

    @classmethod
    def of(cls, mesh: Mesh) -> "World":
        order, inventory, master_data = (mesh.channel(name) for name in ("order", "inventory", "master_data"))
        return cls(
            mesh,
            order_service_pb2_grpc.OrderServiceStub(order),
            inventory_service_pb2_grpc.InventoryServiceStub(inventory),
            master_data_service_pb2_grpc.MasterDataServiceStub(master_data),
            (order, inventory, master_data),
            uuid4().hex[:12],
        )

    async def close(self) -> None:
        for channel in self.channels:
            await channel.close()

    async def furnish(self) -> None:
        """Load locations and products, and count more stock than any load can order."""
        locations = [
            {
                "location_id": location(number),
                "kind": party_pb2.LOCATION_KIND_WAREHOUSE,
                "name": location(number),
                "region": "north",
                "ships": True,
            }
            for number in range(LOCATIONS)
        ]
        await self.master_data.BatchUpsertLocations(
            master_data_service_pb2.BatchUpsertLocationsRequest(
                request_id=f"{self.run}-locations", locations=locations
            )
        )
        products = [
            {"sku": sku(number), "title": sku(number), "unit": quantity_pb2.UNIT_PIECE, "stocked": True}
            for number in range(SKUS)
        ]
        await self.master_data.BatchUpsertProducts(
            master_data_service_pb2.BatchUpsertProductsRequest(
                request_id=f"{self.run}-products", products=products
            )
        )
        for number in range(LOCATIONS):
            await self.count(location(number), ENDLESS_MILLI)

    async def count(self, location_id: str, milli: int, skus: range = range(SKUS)) -> None:
        """Set the stock of products at a location, waiting until inventory has heard of the location."""
        quantity = {"milli": milli, "unit": quantity_pb2.UNIT_PIECE}
        request = inventory_service_pb2.CountStockRequest(
            request_id=f"{self.run}-{location_id}-{milli}-{skus.start}",
            source_reference="bench",
            counted_at=datetime.now(UTC),
            counts=[{"sku": sku(one), "location_id": location_id, "quantity": quantity} for one in skus],
        )
        for _ in range(100):
            try:
                await self.stock.CountStock(request)
                return
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                    raise
            await asyncio.sleep(0.1)
        raise RuntimeError(f"inventory never heard of {location_id}")

    def order(self, number: int, skus: list[int] | None = None) -> order_service_pb2.PlaceOrderRequest:
        """An order of three lines of different products, or of ``skus``; each number makes another order."""
        chosen = skus or random.Random(number).sample(range(SKUS), LINES)
        name = f"{self.run}-{number}"
        price = Money(currency_code=CURRENCY, units=10)
        total = Money(currency_code=CURRENCY, units=10 * len(chosen))
        details = order_pb2.NewOrder(
            channel="shopify:bench",
            channel_order_id=name,
            order_number=f"#{number}",
            kind=order_pb2.ORDER_KIND_STOREFRONT,
            placed_at=datetime.now(UTC),
            currency=CURRENCY,
            region="north",
            lines=list(lines_of(chosen, price)),
            total=total,
            paid=True,
            tenders=[{"tender_id": "1", "kind": order_pb2.TENDER_KIND_ONLINE, "amount": total}],
        )
        return order_service_pb2.PlaceOrderRequest(request_id=name, order=details)


def lines_of(skus: list[int], price: Money) -> Iterator[order_pb2.OrderLine]:
    for number, one in enumerate(skus, start=1):
        yield order_pb2.OrderLine(
            line_id=str(number),
            sku=sku(one),
            title=sku(one),
            quantity={"milli": 1000, "unit": quantity_pb2.UNIT_PIECE},
            unit_price=price,
            total=price,
            stocked=True,
        )

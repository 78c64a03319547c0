"""Loads what a day needs: the catalogue through master data, opening stock through inventory."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from retailmesh.inventory.v1 import inventory_service_pb2, inventory_service_pb2_grpc
from retailmesh.masterdata.v1 import master_data_service_pb2, master_data_service_pb2_grpc
from services.cli.demo.outside import Outside

Report = Callable[[int], None]
PAGES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the master data: which request takes it, in which field."""

    name: str
    request: Callable[..., Message]
    field: str


PARTS = (
    Part("locations", master_data_service_pb2.BatchUpsertLocationsRequest, "locations"),
    Part("products", master_data_service_pb2.BatchUpsertProductsRequest, "products"),
    Part("prices", master_data_service_pb2.BatchUpsertPricesRequest, "prices"),
    Part("promotions", master_data_service_pb2.BatchUpsertPromotionsRequest, "promotions"),
    Part("customers", master_data_service_pb2.BatchUpsertCustomersRequest, "customers"),
)


async def load_master_data(
    outside: Outside, channel: grpc.aio.Channel, day: str, report: Mapping[str, Report]
) -> None:
    """Load every part in its order; a repeat changes nothing. ``report`` hears of the rows of each."""
    stub = master_data_service_pb2_grpc.MasterDataServiceStub(channel)
    for part in PARTS:
        rpc = getattr(stub, part.request.DESCRIPTOR.name.removesuffix("Request"))  # type: ignore[attr-defined]
        await _load(outside, part, rpc, day, report[part.name])


async def load_opening_stock(
    outside: Outside, channel: grpc.aio.Channel, day: str, opened_at: str, report: Report
) -> None:
    """Count the opening stock. Inventory must have heard of the locations, so an early count is repeated."""
    stub = inventory_service_pb2_grpc.InventoryServiceStub(channel)

    def request(request_id: str, counts: Sequence[Message]) -> Message:
        counted = inventory_service_pb2.CountStockRequest(
            request_id=request_id, source_reference=f"opening-{day}", counts=counts
        )
        counted.counted_at.FromJsonString(opened_at)
        return counted

    number = 0
    async for page in outside.master_data("stock"):
        number += 1
        counts = [
            ParseDict(row, inventory_service_pb2.CountedStock(), ignore_unknown_fields=True) for row in page
        ]
        await _until_known(stub.CountStock, request(f"opening-{day}-{number}", counts))
        report(len(page))


async def _load(
    outside: Outside, part: Part, rpc: Callable[[Any], Awaitable[Any]], day: str, report: Report
) -> None:
    number = 0
    async for page in outside.master_data(part.name):
        number += 1
        if not page:
            continue
        rows = {"request_id": f"{day}-{part.name}-{number}", part.field: page}
        await rpc(ParseDict(rows, part.request(), ignore_unknown_fields=True))
        report(len(page))


LOCATIONS_KNOWN_SECONDS = 30.0
LOCATIONS_POLL_SECONDS = 0.2


async def _until_known(rpc: Callable[[Any], Awaitable[Any]], request: Message) -> None:
    """Master data's events may still be on their way to inventory."""
    deadline = asyncio.get_running_loop().time() + LOCATIONS_KNOWN_SECONDS
    while True:
        try:
            await rpc(request)
            return
        except grpc.aio.AioRpcError as error:
            early = error.code() is grpc.StatusCode.FAILED_PRECONDITION
            if not early or asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(LOCATIONS_POLL_SECONDS)

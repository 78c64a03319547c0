"""Loads what a day needs: the catalogue through master data, opening stock through inventory."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from retailmesh.inventory.v1 import inventory_service_pb2
from retailmesh.masterdata.v1 import master_data_service_pb2
from services.cli.demo.connections import Connections

Report = Callable[[int], None]
"""Hears how many more rows are loaded."""

LOCATIONS_KNOWN_SECONDS = 30.0
LOCATIONS_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the master data: its name, and the RPC that takes it."""

    name: str
    rpc: str
    request: Callable[..., Message]


PARTS = (
    Part("locations", "BatchUpsertLocations", master_data_service_pb2.BatchUpsertLocationsRequest),
    Part("products", "BatchUpsertProducts", master_data_service_pb2.BatchUpsertProductsRequest),
    Part("prices", "BatchUpsertPrices", master_data_service_pb2.BatchUpsertPricesRequest),
    Part("promotions", "BatchUpsertPromotions", master_data_service_pb2.BatchUpsertPromotionsRequest),
    Part("customers", "BatchUpsertCustomers", master_data_service_pb2.BatchUpsertCustomersRequest),
)


async def load_part(to: Connections, part: Part, day: str, report: Report) -> None:
    """Load one part of the master data; a repeat changes nothing. ``day`` names the day for ever."""
    rpc = getattr(to.stubs["master_data"], part.rpc)
    number = 0
    async for page in to.outside.master_data(part.name):
        number += 1
        if not page:
            continue
        rows = {"request_id": f"{day}-{part.name}-{number}", part.name: page}
        await rpc(ParseDict(rows, part.request(), ignore_unknown_fields=True))
        report(len(page))


async def load_opening_stock(to: Connections, day: str, opened_at: str, report: Report) -> None:
    """Count the opening stock. Inventory must have heard of the locations, so an early count is repeated."""

    def request(request_id: str, counts: Sequence[inventory_service_pb2.CountedStock]) -> Message:
        counted = inventory_service_pb2.CountStockRequest(
            request_id=request_id, source_reference=f"opening-{day}", counts=counts
        )
        counted.counted_at.FromJsonString(opened_at)
        return counted

    number = 0
    async for page in to.outside.master_data("stock"):
        number += 1
        counts = [
            ParseDict(row, inventory_service_pb2.CountedStock(), ignore_unknown_fields=True) for row in page
        ]
        await _until_known(to.stubs["inventory"].CountStock, request(f"opening-{day}-{number}", counts))
        report(len(page))


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

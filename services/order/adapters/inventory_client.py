"""Inventory behind the `Stock` port."""

from collections.abc import Collection, Sequence
from typing import Any

from grpc.aio import Channel

from libs.refusals import Refusal
from libs.rpc import refusal_of
from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.inventory.v1.inventory_service_pb2_grpc import InventoryServiceStub
from services.order.adapters.asked import asked
from services.order.adapters.inventory_messages import (
    issue_message,
    promise_of,
    receipt_message,
    release_message,
    reservation_message,
)
from services.order.domain.stock import Issue, Promise, Receipt, Release, Reservation


class InventoryClient:
    """The `Stock` port over gRPC."""

    def __init__(self, channel: Channel) -> None:
        self._stub = InventoryServiceStub(channel)

    async def available(self, skus: Collection[str]) -> Collection[str]:
        response = await asked(
            "inventory", self._stub.BatchGetAvailability, pb.BatchGetAvailabilityRequest(skus=skus)
        )
        return {level.sku for level in response.levels if level.available.milli > 0}

    async def reserve(self, reservations: Sequence[Reservation]) -> list[Promise | Refusal]:
        request = pb.ReserveStockRequest(reservations=map(reservation_message, reservations))
        response = await asked("inventory", self._stub.ReserveStock, request)
        return [
            refusal_of(it.refusal) if it.HasField("refusal") else promise_of(it.reserved)
            for it in response.results
        ]

    async def issue(self, issues: Sequence[Issue]) -> list[Refusal | None]:
        request = pb.IssueStockRequest(issues=map(issue_message, issues))
        return refusals_of(await asked("inventory", self._stub.IssueStock, request))

    async def receive(self, receipts: Sequence[Receipt]) -> list[Refusal | None]:
        request = pb.ReceiveStockRequest(receipts=map(receipt_message, receipts))
        return refusals_of(await asked("inventory", self._stub.ReceiveStock, request))

    async def release(self, releases: Sequence[Release]) -> list[Refusal | None]:
        request = pb.ReleaseStockRequest(releases=map(release_message, releases))
        return refusals_of(await asked("inventory", self._stub.ReleaseStock, request))


def refusals_of(response: Any) -> list[Refusal | None]:
    return [refusal_of(it.refusal) if it.HasField("refusal") else None for it in response.results]

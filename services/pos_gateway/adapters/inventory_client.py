"""The inventory service, told what stores corrected and counted."""

import grpc

from libs.rpc import raise_from_status
from retailmesh.inventory.v1 import inventory_service_pb2 as pb
from retailmesh.inventory.v1.inventory_service_pb2_grpc import InventoryServiceStub
from services.pos_gateway import convert
from services.pos_gateway.adapters.order_client import asked
from services.pos_gateway.application.ports import ChangeStock, Skus


class InventoryClient:
    """The `Inventory` port. Idempotent by message and line."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = InventoryServiceStub(channel)  # type: ignore[no-untyped-call]

    async def change_stock(self, command: ChangeStock, skus: Skus) -> None:
        if command.document.counted:
            await asked(self._stub.CountStock(convert.counts_to_proto(command, skus)))
            return
        adjustments = convert.adjustments_to_proto(command, skus)
        if adjustments:
            answer = await asked(self._stub.AdjustStock(pb.AdjustStockRequest(adjustments=adjustments)))
            for result in answer.results:
                raise_from_status(result.refusal)

"""The gRPC face of orders: each RPC is a use case, or one read."""

import asyncio

from grpc.aio import ServicerContext

from libs.batch import MicroBatcher
from libs.rpc import status_of
from libs.telemetry import current_traceparent
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1 import order_service_pb2_grpc
from services.order import convert
from services.order.domain.placing import Placement, PlaceOrder

Placing = MicroBatcher[PlaceOrder, Placement]


class OrderServicer(order_service_pb2_grpc.OrderServiceServicer):
    """Every request has passed its contract's rules and its policy; a refusal becomes a status outside."""

    def __init__(self, placing: Placing) -> None:
        self._placing = placing

    async def PlaceOrder(
        self, request: pb.PlaceOrderRequest, context: ServicerContext
    ) -> pb.PlaceOrderResponse:
        placement = await self._placing.submit(convert.place_order_of(request, current_traceparent()))
        return pb.PlaceOrderResponse(placement=convert.placement_to_proto(placement))

    async def BatchPlaceOrders(
        self, request: pb.BatchPlaceOrdersRequest, context: ServicerContext
    ) -> pb.BatchPlaceOrdersResponse:
        traceparent = current_traceparent()
        results = await asyncio.gather(*(self._place(order, traceparent) for order in request.orders))
        return pb.BatchPlaceOrdersResponse(results=results)

    async def _place(self, request: pb.PlaceOrderRequest, traceparent: str) -> pb.PlaceOrderResult:
        try:
            placement = await self._placing.submit(convert.place_order_of(request, traceparent))
        except Exception as error:
            return pb.PlaceOrderResult(refusal=status_of(error))
        return pb.PlaceOrderResult(placement=convert.placement_to_proto(placement))

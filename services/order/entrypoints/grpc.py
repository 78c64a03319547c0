"""The gRPC face of orders: each RPC is a use case, or one read."""

from dataclasses import dataclass
from typing import Any

from libs.batch import MicroBatcher
from libs.idempotency import digest_of
from libs.refusals import Refusal
from libs.rpc import status_of
from libs.telemetry import current_traceparent
from retailmesh.order.v1 import order_pb2, order_service_pb2_grpc
from retailmesh.order.v1 import order_service_pb2 as pb
from services.order import convert
from services.order.application.cancel_order import cancel_order
from services.order.application.get_order import get_order
from services.order.application.hold_order import hold_order
from services.order.application.ports import Call, Catalogue, Documents, Reads, Stock, Store
from services.order.application.record_return import record_return
from services.order.application.record_shipment import record_shipment
from services.order.application.release_hold import release_hold
from services.order.application.update_order import update_order
from services.order.domain.placing import Placement, PlaceOrder
from services.order.entrypoints.history import entry_of
from services.order.entrypoints.listing import counted, listed, wanted_of

Placing = MicroBatcher[PlaceOrder, Placement]


@dataclass(frozen=True, slots=True)
class Ports:
    """What the use cases need from outside."""

    store: Store
    reads: Reads
    catalogue: Catalogue
    stock: Stock
    documents: Documents


class OrderServicer(order_service_pb2_grpc.OrderServiceServicer):
    """Every request has passed its contract's rules and its policy; a refusal becomes a status outside."""

    def __init__(self, placing: Placing, ports: Ports) -> None:
        self._placing = placing
        self._ports = ports

    async def PlaceOrder(self, request: pb.PlaceOrderRequest, context: Any) -> pb.PlaceOrderResponse:
        placement = await self._placing.submit(convert.place_order_of(request, current_traceparent()))
        return pb.PlaceOrderResponse(placement=convert.placement_to_proto(placement))

    async def BatchPlaceOrders(
        self, request: pb.BatchPlaceOrdersRequest, context: Any
    ) -> pb.BatchPlaceOrdersResponse:
        traceparent = current_traceparent()
        read = [readable(order, traceparent) for order in request.orders]
        commands = [it for it in read if isinstance(it, PlaceOrder)]
        answers = iter(await self._placing.submit_all(commands))
        results = [result_of(next(answers) if isinstance(it, PlaceOrder) else it) for it in read]
        return pb.BatchPlaceOrdersResponse(results=results)

    async def RecordShipment(
        self, request: pb.RecordShipmentRequest, context: Any
    ) -> pb.RecordShipmentResponse:
        order_id, shipment = convert.order_id_in(request.order), convert.shipment_of(request.shipment)
        ports = self._ports
        answer = await record_shipment(
            ports.store, ports.catalogue, ports.stock, call_of(request), order_id, shipment
        )
        return pb.RecordShipmentResponse(order=read(answer))

    async def CancelOrder(self, request: pb.CancelOrderRequest, context: Any) -> pb.CancelOrderResponse:
        order_id = convert.order_id_in(request.order)
        cancelled_at = convert.instant_of(request, "cancelled_at")
        answer = await cancel_order(
            self._ports.store, self._ports.stock, call_of(request), order_id, request.reason, cancelled_at
        )
        return pb.CancelOrderResponse(order=read(answer))

    async def RecordReturn(self, request: pb.RecordReturnRequest, context: Any) -> pb.RecordReturnResponse:
        order_id = convert.order_id_in(request.order) if request.HasField("order") else ""
        returned = convert.return_of(request.channel, getattr(request, "return"))
        ports = self._ports
        answer = await record_return(
            ports.store, ports.catalogue, ports.stock, call_of(request), order_id, returned
        )
        return pb.RecordReturnResponse(order=read(answer) if answer else None)

    async def UpdateOrder(self, request: pb.UpdateOrderRequest, context: Any) -> pb.UpdateOrderResponse:
        ports = self._ports
        answer = await update_order(
            ports.store,
            ports.stock,
            ports.documents,
            call_of(request),
            convert.order_id_in(request.order),
            convert.update_of(request),
        )
        return pb.UpdateOrderResponse(order=read(answer))

    async def HoldOrder(self, request: pb.HoldOrderRequest, context: Any) -> pb.HoldOrderResponse:
        order_id = convert.order_id_in(request.order)
        answer = await hold_order(self._ports.store, call_of(request), order_id, request.reason)
        return pb.HoldOrderResponse(order=read(answer))

    async def ReleaseHold(self, request: pb.ReleaseHoldRequest, context: Any) -> pb.ReleaseHoldResponse:
        ports = self._ports
        answer = await release_hold(
            ports.store,
            ports.catalogue,
            ports.stock,
            ports.documents,
            call_of(request),
            convert.order_id_in(request.order),
            {it.line_id: it.sku for it in request.corrections},
        )
        return pb.ReleaseHoldResponse(order=read(answer))

    async def GetOrder(self, request: pb.GetOrderRequest, context: Any) -> pb.GetOrderResponse:
        order = await get_order(self._ports.store, convert.order_id_in(request.order))
        return pb.GetOrderResponse(order=convert.order_to_proto(order))

    async def ListOrders(self, request: pb.ListOrdersRequest, context: Any) -> pb.ListOrdersResponse:
        return await listed(self._ports.reads, request)

    async def ListOrderHistory(
        self, request: pb.ListOrderHistoryRequest, context: Any
    ) -> pb.ListOrderHistoryResponse:
        order = await get_order(self._ports.store, convert.order_id_in(request.order))
        events = await self._ports.reads.history(order.order_id)
        return pb.ListOrderHistoryResponse(entries=map(entry_of, events))

    async def SummarizeOrders(
        self, request: pb.SummarizeOrdersRequest, context: Any
    ) -> pb.SummarizeOrdersResponse:
        return counted(await self._ports.reads.count(wanted_of(request)))


def readable(request: pb.PlaceOrderRequest, traceparent: str) -> PlaceOrder | Refusal:
    try:
        return convert.place_order_of(request, traceparent)
    except Refusal as refusal:
        return refusal


def result_of(answer: Placement | Exception) -> pb.PlaceOrderResult:
    if isinstance(answer, Exception):
        return pb.PlaceOrderResult(refusal=status_of(answer))
    return pb.PlaceOrderResult(placement=convert.placement_to_proto(answer))


def call_of(request: Any) -> Call:
    rpc = request.DESCRIPTOR.name.removesuffix("Request")
    return Call(rpc, request.request_id, digest_of(request))


def read(answer: bytes) -> order_pb2.Order:
    return order_pb2.Order.FromString(answer)

"""The order service, told what tills sold and took back."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from libs.idempotency import digest_of
from libs.refusals import Refusal
from libs.rpc import RemoteRefusal, refusal_of
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_service_pb2_grpc import OrderServiceStub
from services.pos_gateway import convert
from services.pos_gateway.application.ports import Origin, RecordReturn, RecordSale, Skus

T = TypeVar("T")

DIFFERS = "ERROR_REASON_CHANNEL_ORDER_DIFFERS"
DIGEST_SHOWN = 16


class OrderClient:
    """The `Orders` port. ``max_batch`` sales go into one call, and the calls of one batch go out together.

    A request id is made of message and content, so that a repeat after a crash is a repeat there too.
    """

    def __init__(self, channel: grpc.aio.Channel, *, max_batch: int) -> None:
        self._stub = OrderServiceStub(channel)  # type: ignore[no-untyped-call]
        self._max_batch = max_batch

    async def record_sales(self, commands: Sequence[RecordSale], skus: Skus) -> Sequence[str | Refusal]:
        requests = [request_of(command, skus) for command in commands]
        starts = range(0, len(requests), self._max_batch)
        answers = await asyncio.gather(
            *(self._place(requests[start : start + self._max_batch]) for start in starts)
        )
        return [answer for batch in answers for answer in batch]

    async def record_return(self, command: RecordReturn, skus: Skus) -> str:
        request = convert.return_to_proto(command, skus)
        request.request_id = request_id_of(command.origin, "return", request)
        return str((await asked(self._stub.RecordReturn(request))).order.order_id)

    async def _place(self, requests: Sequence[pb.PlaceOrderRequest]) -> list[str | Refusal]:
        answer = await asked(self._stub.BatchPlaceOrders(pb.BatchPlaceOrdersRequest(orders=requests)))
        return [order_of(result) for result in answer.results]


def request_of(command: RecordSale, skus: Skus) -> pb.PlaceOrderRequest:
    order = convert.sale_to_proto(command, skus)
    request = pb.PlaceOrderRequest(order=order, traceparent=command.origin.traceparent)
    request.request_id = request_id_of(command.origin, "sale", request)
    return request


def request_id_of(origin: Origin, kind: str, request: Message) -> str:
    return f"{origin.message_id}:{kind}:{digest_of(request).hex()[:DIGEST_SHOWN]}"


def order_of(result: pb.PlaceOrderResult) -> str | Refusal:
    """A sale recorded before with other content is recorded: its products may have got other names."""
    if result.WhichOneof("outcome") == "placement":
        return str(result.placement.order_id)
    refusal = refusal_of(result.refusal)
    if isinstance(refusal, RemoteRefusal) and refusal.reason == DIFFERS:
        return refusal.metadata["order_id"]
    return refusal


async def asked(call: Awaitable[T]) -> T:
    """The answer, or the refusal behind the status."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise refusal_of(error) from None

"""The order service, told what storefronts did."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from libs.idempotency import digest_of
from libs.protos import timestamp_to_proto
from libs.refusals import Refusal
from libs.rpc import RemoteRefusal, refusal_of
from retailmesh.order.v1 import order_service_pb2 as pb
from retailmesh.order.v1.order_service_pb2_grpc import OrderServiceStub
from services.channel_gateway import convert
from services.channel_gateway.application.ports import About, Placed, PlaceOrder
from services.channel_gateway.domain.give_back import ReturnPart
from services.channel_gateway.domain.handed_over import Cancel, Update
from services.channel_gateway.domain.storefront import Identifier, Parcel, Refund

T = TypeVar("T")
M = TypeVar("M", bound=Message)

DIFFERS = "ERROR_REASON_CHANNEL_ORDER_DIFFERS"
DIGEST_SHOWN = 16


class OrderClient:
    """The `Orders` port. ``max_batch`` orders go into one call.

    A request id is made of message and content, so that a repeat after a crash is a repeat there too, while
    the same message with other content (corrected, or resolved otherwise) is another request; documents are
    told apart by their own ids in any case.
    """

    def __init__(self, channel: grpc.aio.Channel, *, max_batch: int) -> None:
        self._stub = OrderServiceStub(channel)  # type: ignore[no-untyped-call]
        self._max_batch = max_batch

    async def place(
        self, commands: Sequence[PlaceOrder], skus: Mapping[Identifier, str]
    ) -> Sequence[Placed | Refusal]:
        answers: list[Placed | Refusal] = []
        for start in range(0, len(commands), self._max_batch):
            batch = [request_of(one, skus) for one in commands[start : start + self._max_batch]]
            answered = await asked(self._stub.BatchPlaceOrders(pb.BatchPlaceOrdersRequest(orders=batch)))
            answers += map(placed_of, answered.results)
        return answers

    async def update(self, about: About, update: Update) -> None:
        request = pb.UpdateOrderRequest(
            order=convert.order_reference(about.channel, about.channel_order_id),
            channel_version=timestamp_to_proto(update.version),
            paid=update.paid,
            shipping=convert.contact_to_proto(update.shipping),
        )
        await asked(self._stub.UpdateOrder(identified(request, about, "update")))

    async def ship(self, about: About, parcel: Parcel, location_id: str) -> None:
        request = pb.RecordShipmentRequest(
            order=convert.order_reference(about.channel, about.channel_order_id),
            shipment=convert.parcel_to_proto(parcel, location_id),
        )
        await asked(self._stub.RecordShipment(identified(request, about, "ship")))

    async def give_back(
        self, about: About, refund: Refund, part: ReturnPart, skus: Mapping[Identifier, str], *, linked: bool
    ) -> str:
        order = convert.order_reference(about.channel, about.channel_order_id) if linked else None
        request = pb.RecordReturnRequest(channel=about.channel, order=order)
        getattr(request, "return").CopyFrom(convert.return_to_proto(refund, part, skus, linked=linked))
        answer = await asked(self._stub.RecordReturn(identified(request, about, "return")))
        return str(answer.order.order_id)

    async def cancel(self, about: About, cancel: Cancel) -> None:
        request = pb.CancelOrderRequest(
            order=convert.order_reference(about.channel, about.channel_order_id),
            reason=cancel.reason[: convert.REASON_LIMIT],
            cancelled_at=timestamp_to_proto(cancel.at),
        )
        await asked(self._stub.CancelOrder(identified(request, about, "cancel")))


def request_of(command: PlaceOrder, skus: Mapping[Identifier, str]) -> pb.PlaceOrderRequest:
    request = pb.PlaceOrderRequest(
        order=convert.order_to_proto(command.order, skus), traceparent=command.traceparent
    )
    request.request_id = request_id_of(command.message_id, "place", request)
    return request


def placed_of(result: pb.PlaceOrderResult) -> Placed | Refusal:
    if result.WhichOneof("outcome") == "placement":
        return Placed(result.placement.order_id, convert.is_refused(result.placement), False)
    refusal = refusal_of(result.refusal)
    if isinstance(refusal, RemoteRefusal) and refusal.reason == DIFFERS:
        return Placed(refusal.metadata["order_id"], False, True)
    return refusal


def identified(request: M, about: About, kind: str) -> M:
    request.request_id = request_id_of(about.message_id, kind, request)  # type: ignore[attr-defined]
    return request


def request_id_of(message_id: str, kind: str, request: Message) -> str:
    return f"{message_id}:{kind}:{digest_of(request).hex()[:DIGEST_SHOWN]}"


async def asked(call: Awaitable[T]) -> T:
    """The answer, or the refusal behind the status."""
    try:
        return await call
    except grpc.aio.AioRpcError as error:
        raise refusal_of(error) from None

"""Reading the systems over gRPC: the gateways answer for the world outside."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import grpc
from google.protobuf.message import Message

from retailmesh.channel.v1 import channel_service_pb2, channel_service_pb2_grpc
from retailmesh.erp.v1 import erp_service_pb2, erp_service_pb2_grpc
from retailmesh.inventory.v1 import inventory_service_pb2, inventory_service_pb2_grpc
from retailmesh.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from retailmesh.pos.v1 import pos_service_pb2, pos_service_pb2_grpc
from retailmesh.type.v1.page_pb2 import PageRequest
from services.reconciliation import convert
from services.reconciliation.application.ports import Journal, MeshOrders, TillReceipts
from services.reconciliation.domain.documents import (
    ErpDocument,
    MeshDocument,
    PostedDocument,
    Promise,
    SourceDocument,
)
from services.reconciliation.domain.refusals import SystemUnreadable

RETRY_AFTER_SECONDS = 5.0
SALE, RETURN = pos_service_pb2.TILL_TRANSACTION_KIND_SALE, pos_service_pb2.TILL_TRANSACTION_KIND_RETURN
ORDER_STILL_PROMISES = (
    order_pb2.ORDER_STATE_CONFIRMED,
    order_pb2.ORDER_STATE_BACKORDERED,
    order_pb2.ORDER_STATE_PARTIALLY_SHIPPED,
)


class GrpcSystems:
    """The `Systems` port. ``channels`` are by service name; ``page_size`` and ``at_once`` bound a reading."""

    def __init__(self, channels: Mapping[str, grpc.aio.Channel], *, page_size: int, at_once: int) -> None:
        self._storefronts = channel_service_pb2_grpc.ChannelGatewayServiceStub(channels["channel_gateway"])
        self._tills = pos_service_pb2_grpc.PosGatewayServiceStub(channels["pos_gateway"])
        self._erp = erp_service_pb2_grpc.ErpGatewayServiceStub(channels["erp_gateway"])
        self._orders = order_service_pb2_grpc.OrderServiceStub(channels["order"])
        self._stock = inventory_service_pb2_grpc.InventoryServiceStub(channels["inventory"])
        self._page_size = page_size
        self._slots = asyncio.Semaphore(at_once)

    async def storefront_orders(self, start: datetime, end: datetime) -> Sequence[SourceDocument]:
        request = channel_service_pb2.ListStorefrontOrdersRequest(created_from=start, created_before=end)
        pages = self._pages("storefront", self._storefronts.ListStorefrontOrders, request)
        return [convert.storefront_document(order) async for page in pages for order in page.orders]

    async def journal(self, business_date: date) -> Journal:
        request = pos_service_pb2.ListJournalRequest(business_date=convert.date_to_proto(business_date))
        pages = self._pages("till journal", self._tills.ListJournal, request)
        entries = [entry async for page in pages for entry in page.transactions]
        return Journal(
            sales=[convert.receipt_document(entry) for entry in entries if entry.kind == SALE],
            returns=[convert.receipt_document(entry) for entry in entries if entry.kind == RETURN],
        )

    async def till_receipts(self, business_date: date) -> TillReceipts:
        request = pos_service_pb2.ListTillTransactionsRequest(
            business_date=convert.date_to_proto(business_date)
        )
        pages = self._pages("pos_gateway", self._tills.ListTillTransactions, request)
        entries = [entry async for page in pages for entry in page.transactions]
        return TillReceipts(
            sales=[convert.taken_over_document(entry) for entry in entries if entry.kind == SALE],
            returns=[convert.taken_over_document(entry) for entry in entries if entry.kind == RETURN],
        )

    async def orders(self, start: datetime, end: datetime) -> MeshOrders:
        request = order_service_pb2.ListOrdersRequest(placed_from=start, placed_before=end)
        storefront: list[MeshDocument] = []
        till: list[MeshDocument] = []
        unlinked: list[MeshDocument] = []
        async for page in self._pages("order", self._orders.ListOrders, request):
            for order in page.orders:
                made_at_till = order.kind == order_pb2.ORDER_KIND_TILL_SALE
                (till if made_at_till else storefront).append(convert.order_document(order))
            unlinked.extend(map(convert.unlinked_return_document, page.unlinked_returns))
        return MeshOrders(storefront, till, unlinked)

    async def postings(self) -> Sequence[PostedDocument]:
        pages = self._pages("erp_gateway", self._erp.ListPostings, erp_service_pb2.ListPostingsRequest())
        return [convert.posted_document(posting) async for page in pages for posting in page.postings]

    async def erp_documents(self) -> Sequence[ErpDocument]:
        pages = self._pages("erp", self._erp.ListErpDocuments, erp_service_pb2.ListErpDocumentsRequest())
        return [convert.erp_document(document) async for page in pages for document in page.documents]

    async def promised(self, order_ids: Sequence[str]) -> Sequence[Promise]:
        orders = await self._each("order", self._orders.GetOrder, map(convert.get_order, order_ids))
        open_orders = [answer.order for answer in orders if answer.order.state in ORDER_STILL_PROMISES]
        return [promise for order in open_orders for promise in convert.promises_of(order)]

    async def reserved(self, order_ids: Sequence[str]) -> Sequence[Promise]:
        requests = (inventory_service_pb2.ListReservationsRequest(order_id=one) for one in order_ids)
        answers = await self._each("inventory", self._stock.ListReservations, requests)
        return [promise for answer in answers for promise in convert.open_reservations(answer.reservations)]

    async def _pages(
        self, system: str, rpc: Callable[[Any], Awaitable[Any]], request: Any
    ) -> AsyncIterator[Any]:
        token = ""
        while True:
            request.page.CopyFrom(PageRequest(page_size=self._page_size, page_token=token))
            page = await _read(system, rpc, request)
            yield page
            token = page.page.next_page_token
            if not token:
                return

    async def _each(
        self, system: str, rpc: Callable[[Any], Awaitable[Any]], requests: Iterable[Message]
    ) -> Sequence[Any]:
        async def one(request: Message) -> Any:
            async with self._slots:
                return await _read(system, rpc, request)

        return await asyncio.gather(*map(one, requests))


async def _read(system: str, rpc: Callable[[Any], Awaitable[Any]], request: Message) -> Any:
    try:
        return await rpc(request)
    except grpc.aio.AioRpcError as error:
        raise SystemUnreadable(
            f"{system} could not be read: {error.code().name}",
            retry_after_seconds=RETRY_AFTER_SECONDS,
            system=system,
        ) from error

"""A small retailer in front of a running mesh: its catalogue, its storefront and tills, its ERP."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp
import grpc

from libs.stack import Mesh
from retailmesh.channel.v1 import channel_service_pb2 as channel_pb
from retailmesh.channel.v1.channel_service_pb2_grpc import ChannelGatewayServiceStub
from retailmesh.erp.v1 import erp_service_pb2 as erp_pb
from retailmesh.erp.v1 import posting_pb2
from retailmesh.erp.v1.erp_service_pb2_grpc import ErpGatewayServiceStub
from retailmesh.inventory.v1 import inventory_service_pb2 as inventory_pb
from retailmesh.inventory.v1.inventory_service_pb2_grpc import InventoryServiceStub
from retailmesh.masterdata.v1 import master_data_service_pb2 as masterdata_pb
from retailmesh.masterdata.v1 import party_pb2
from retailmesh.masterdata.v1.master_data_service_pb2_grpc import MasterDataServiceStub
from retailmesh.order.v1 import order_pb2
from retailmesh.order.v1 import order_service_pb2 as order_pb
from retailmesh.order.v1.order_service_pb2_grpc import OrderServiceStub
from retailmesh.pos.v1.pos_service_pb2_grpc import PosGatewayServiceStub
from retailmesh.type.v1 import intake_pb2
from tests.builders import till_files
from tests.builders.inventory_requests import a_count, counted
from tests.builders.master_data import a_customer, a_location, a_price, a_product, gtin, sku_name
from tests.builders.polling import poll_until
from tests.builders.shopify import SECRET, SHOP, body_of, headers_of

CHANNEL = f"shopify:{SHOP}"
TILL_SECRET = "a till's secret"
WAREHOUSE, STORE = "W01", "S01"
PRODUCTS = 4
PLENTY = 100_000
OPENED = datetime(2024, 1, 1, tzinfo=UTC)
CALM = {"ERP_FAILED_BEFORE": "0", "ERP_ANSWER_LOST": "0"}
"""The sandbox's ERP without faults of its own: a test makes those that it is about."""

STUBS: dict[str, Any] = {
    "channel_gateway": ChannelGatewayServiceStub,
    "erp_gateway": ErpGatewayServiceStub,
    "inventory": InventoryServiceStub,
    "master_data": MasterDataServiceStub,
    "order": OrderServiceStub,
    "pos_gateway": PosGatewayServiceStub,
}


def settings_of_services(**more: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Overrides that make a mesh take what this retailer sends; ``more`` are added by service."""
    own: dict[str, dict[str, str]] = {
        "channel_gateway": {"SHOPIFY_SECRETS": json.dumps({SHOP: [SECRET]})},
        "pos_gateway": {"TILL_SECRETS": json.dumps([TILL_SECRET])},
        "sandbox": dict(CALM),
    }
    return {name: {**own.get(name, {}), **more.get(name, {})} for name in {*own, *more}}


class Retailer:
    """Everything that a test does to a mesh from outside, and asks of it as an operator."""

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self._stack = AsyncExitStack()
        self._stubs: dict[tuple[str, str], Any] = {}

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=15)
        self.http = await self._stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._stack.aclose()

    def stub(self, service: str, workload: str = "cli") -> Any:
        """Of a service, called as ``workload``, whose certificate must be there."""
        if (service, workload) not in self._stubs:
            channel: grpc.aio.Channel = self.mesh.channel(service, workload)
            self._stack.push_async_callback(channel.close)
            self._stubs[service, workload] = STUBS[service](channel)
        return self._stubs[service, workload]

    # ---- before the first customer

    async def open(self, *, pieces: int = PLENTY) -> None:
        """Load the catalogue and count the shelves; doing it again changes nothing."""
        stub = self.stub("master_data")
        products = [
            a_product(f"SKU-{number}", sku_name(f"SKU-{number}"), gtin(f"40000000000{number:02d}"))
            for number in range(1, PRODUCTS + 1)
        ]
        locations = [
            a_location(WAREHOUSE, kind=party_pb2.LOCATION_KIND_WAREHOUSE, region="OH"),
            a_location(STORE, region="OH"),
        ]
        pb = masterdata_pb
        await stub.BatchUpsertProducts(
            pb.BatchUpsertProductsRequest(request_id="products", products=products)
        )
        await stub.BatchUpsertLocations(
            pb.BatchUpsertLocationsRequest(request_id="locations", locations=locations)
        )
        prices = [a_price(f"SKU-{number}", "12.50") for number in range(1, PRODUCTS + 1)]
        await stub.BatchUpsertPrices(pb.BatchUpsertPricesRequest(request_id="prices", prices=prices))
        customers = [a_customer("C-17")]
        await stub.BatchUpsertCustomers(
            pb.BatchUpsertCustomersRequest(request_id="customers", customers=customers)
        )
        counts = [
            counted(f"SKU-{number}", place, pieces)
            for number in range(1, PRODUCTS + 1)
            for place in (WAREHOUSE, STORE)
        ]
        request = a_count(
            *counts, counted_at=OPENED, request_id=f"opening {pieces}", source_reference="opening"
        )
        await poll_until(lambda: self._counted(request), 20)

    async def _counted(self, request: inventory_pb.CountStockRequest) -> bool:
        """Inventory hears of the locations by events, so the first tries may be too early."""
        try:
            await self.stub("inventory").CountStock(request)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                return False
            raise
        return True

    # ---- storefront

    async def webhook(
        self, topic: str, content: Mapping[str, Any] | bytes, *, event: str, secret: str = SECRET
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer of a signed webhook."""
        body = content if isinstance(content, bytes) else body_of(dict(content))
        url = f"http://{self.mesh.http_address('channel_gateway')}/webhooks/shopify/{SHOP}"
        headers = headers_of(body, topic, event, secret)
        async with self.http.post(url, data=body, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def webhook_until_taken(self, topic: str, content: Mapping[str, Any], *, event: str) -> None:
        """Repeat a webhook as storefronts do, with the same event, until it is answered with success."""

        async def taken() -> bool:
            try:
                status, _ = await self.webhook(topic, content, event=event)
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                return False
            return status == 200

        await poll_until(taken, 60)

    async def believe(self, *orders: Mapping[str, Any]) -> None:
        """Make these the orders that the storefront has, beside those that it has already."""
        url = f"http://{self.mesh.http_address('sandbox')}/_control/storefront/orders"
        async with self.http.post(url, json={"orders": orders}) as response:
            assert response.status == 201, await response.text()

    # ---- tills

    async def till_file(
        self, body: bytes, *, till: str = "7", name: str = "POSLog.xml", secret: str = TILL_SECRET
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer of a signed file of the store."""
        url = f"http://{self.mesh.http_address('pos_gateway')}/poslog/{STORE}/{till}/{name}"
        headers = {"Content-Type": "application/xml", "X-Till-Token": till_files.signature(body, secret)}
        async with self.http.put(url, data=body, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    # ---- what the systems have

    async def order(self, number: int | str, channel: str = CHANNEL) -> order_pb2.Order | None:
        """The order of that channel order id, None while it is not recorded."""
        reference = order_pb2.OrderReference(
            channel_order=order_pb2.ChannelOrder(channel=channel, channel_order_id=str(number))
        )
        try:
            answer = await self.stub("order").GetOrder(order_pb.GetOrderRequest(order=reference))
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return answer.order

    async def order_when(
        self, number: int | str, state: str, channel: str = CHANNEL, *, deadline: float = 20
    ) -> order_pb2.Order:
        """The order once it is in ``state``."""
        wanted = order_pb2.OrderState.Value(f"ORDER_STATE_{state}")

        async def found() -> order_pb2.Order | None:
            order = await self.order(number, channel)
            return order if order is not None and order.state == wanted else None

        order = await poll_until(found, deadline)
        assert order is not None
        return order

    async def postings(self, order_id: str = "") -> list[posting_pb2.Posting]:
        request = erp_pb.ListPostingsRequest(order_id=order_id)
        request.page.page_size = 1000
        return list((await self.stub("erp_gateway").ListPostings(request)).postings)

    async def postings_when(
        self, order_id: str, count: int, state: str = "POSTED", *, deadline: float = 30
    ) -> list[posting_pb2.Posting]:
        """The order's postings once there are ``count`` and all are in ``state``."""
        wanted = posting_pb2.PostingState.Value(f"POSTING_STATE_{state}")

        async def done() -> list[posting_pb2.Posting] | None:
            found = await self.postings(order_id)
            return found if len(found) == count and all(it.state == wanted for it in found) else None

        postings = await poll_until(done, deadline)
        assert postings is not None
        return postings

    async def messages(
        self, service: str = "channel_gateway", **asked: Any
    ) -> list[intake_pb2.IntakeMessage]:
        """Raw messages, newest first."""
        request = channel_pb.ListMessagesRequest(filter=intake_pb2.IntakeFilter(**asked))
        request.page.page_size = 1000
        stub = self.stub(service)
        kind = request if service == "channel_gateway" else pos_request(request)
        return list((await stub.ListMessages(kind)).messages)

    # ---- ERP

    async def erp(self, path: str, content: Mapping[str, Any] | None = None) -> Any:
        """GET, or POST with content, of the sandbox's ERP."""
        url = f"http://{self.mesh.http_address('sandbox')}/erp/{path}"
        method = "GET" if content is None else "POST"
        headers = {"Authorization": "Bearer development-erp-token"}
        async with self.http.request(method, url, json=content, headers=headers) as response:
            answer = await response.json()
            assert response.status < 300, answer
            return answer

    async def erp_documents(self, kind: str = "orders") -> list[dict[str, Any]]:
        """All documents of a kind, oldest first, each with its sums."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = await self.erp(f"{kind}?limit=500" + (f"&after={after}" if after else ""))
            found += page["items"]
            after = str(page["next"] or "")
            if not after:
                return found


def pos_request(request: channel_pb.ListMessagesRequest) -> Any:
    from retailmesh.pos.v1 import pos_service_pb2

    return pos_service_pb2.ListMessagesRequest.FromString(request.SerializeToString())


async def kill(mesh: Mesh, name: str) -> None:
    """SIGKILL from inside the event loop."""
    await asyncio.to_thread(mesh.kill, name)


async def start(mesh: Mesh, *names: str) -> None:
    """Start what was killed and wait until it is ready."""
    await asyncio.gather(*(asyncio.to_thread(mesh.start_service, name) for name in names))


def names_of(documents: Sequence[Mapping[str, Any]]) -> list[str]:
    return sorted(document["external_key"] for document in documents)

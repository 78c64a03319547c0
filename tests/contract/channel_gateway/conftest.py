from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from libs.intake import Desk, Limits, Outcome, Worker
from libs.intake import store as store_messages
from libs.telemetry import current_traceparent, span
from retailmesh.channel.v1 import channel_service_pb2, channel_service_pb2_grpc
from services.channel_gateway.adapters.shopify_webhooks import ShopifyWebhooks
from services.channel_gateway.app import ANNOUNCEMENTS, desk_reading
from services.channel_gateway.application.ports import OutsideUnreachable
from services.channel_gateway.application.receive_webhook import Webhook, arrival_of
from services.channel_gateway.domain.storefront import FiguresPage
from services.channel_gateway.entrypoints.grpc import ChannelGatewayServicer
from tests.builders.raw_messages import database_of, summary_settled
from tests.builders.shopify import SECRET, SHOP, a_line, an_order, body_of, headers_of

BODIES = {
    "broken": body_of(an_order(1))[:300],
    "whole": body_of(an_order(2)),
}


class FakeStorefront:
    """Pages of prepared orders; remembers what it was asked."""

    def __init__(self):
        self.pages = {}
        self.asked = []

    async def list_orders(self, created_from, created_before, size, cursor):
        self.asked.append((created_from, created_before, size, cursor))
        page = self.pages.get(cursor)
        if page is None:
            raise OutsideUnreachable("the storefront answered 503", retry_after_seconds=5.0)
        return FiguresPage(*page)


@pytest.fixture
def service_name():
    return "channel_gateway"


@pytest.fixture
async def engine(database_url, service_name):
    async with database_of(database_url, service_name) as engine:
        yield engine


@pytest.fixture
def grpc_add_to_server():
    return channel_service_pb2_grpc.add_ChannelGatewayServiceServicer_to_server


@pytest.fixture
def grpc_descriptor():
    return channel_service_pb2.DESCRIPTOR.services_by_name["ChannelGatewayService"]


@pytest.fixture
def grpc_stub_cls():
    return channel_service_pb2_grpc.ChannelGatewayServiceStub


@pytest.fixture
def contract():
    return channel_service_pb2


@pytest.fixture
def storefront():
    return FakeStorefront()


@pytest.fixture
async def grpc_servicer(engine, storefront):
    """With a worker at its side that applies whatever it gets."""

    async def apply(messages):
        return [Outcome.apply("order-1") for _ in messages]

    worker = Worker(engine, apply, ANNOUNCEMENTS, Limits(), application_name="worker")
    await worker.start()
    desk = Desk(engine, ANNOUNCEMENTS, desk_reading(ShopifyWebhooks({})), patience=timedelta(seconds=5))
    yield ChannelGatewayServicer(desk, storefront, lambda: datetime.now(UTC))
    await worker.stop()


@pytest.fixture
def store(engine):
    """``await store("broken")`` keeps a webhook and answers its id; ``repeat`` is a whole one once more."""
    vendor = ShopifyWebhooks({SHOP: [SECRET]})

    async def keep(kind):
        body = BODIES["whole" if kind == "repeat" else kind]
        event = "whole" if kind == "repeat" else f"{kind} {uuid4()}"
        if kind == "whole" and not keep.known:
            event = keep.known = "whole"
        with span("arrival"):
            webhook = Webhook(
                message_id=uuid4(),
                sender=SHOP,
                envelope=vendor.open(SHOP, headers_of(body, "orders/create", event), body),
                body=body,
                received_at=datetime.now(UTC),
                traceparent=current_traceparent(),
            )
        arrival = arrival_of(vendor, webhook)
        (stored,) = await store_messages(engine, ANNOUNCEMENTS, [arrival], datetime.now(UTC))
        return str(stored.message_id)

    keep.known = ""
    return keep


@pytest.fixture
def desk_settled(grpc_stub, contract):
    return lambda: summary_settled(grpc_stub, contract)


@pytest.fixture
def intact():
    return body_of(an_order(1))


@pytest.fixture
def broken_still():
    """A body, and the field that it still breaks a rule with."""
    return body_of(an_order(1, line_items=[a_line(price="-1")])), "line_items[0].price"

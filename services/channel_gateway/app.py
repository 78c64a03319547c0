"""The channel gateway: webhooks of storefronts in, orders and what becomes of them out to the order service.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp
import grpc

from libs.intake import Announcements, Intake, Reading
from libs.intake.http import HttpServer
from libs.lifecycle import Closing, main, serve
from libs.messaging import Relay, connect_broker
from libs.rpc import RpcService, build_server, open_channel
from libs.telemetry import start_telemetry
from retailmesh.channel.v1 import (
    channel_events_pb2,
    channel_service_pb2,
    channel_service_pb2_grpc,
    error_reason_pb2,
)
from services.channel_gateway.adapters.ledger import PostgresLedger
from services.channel_gateway.adapters.master_data_client import MasterDataClient
from services.channel_gateway.adapters.order_client import OrderClient
from services.channel_gateway.adapters.shopify import channel_of
from services.channel_gateway.adapters.shopify_api import ShopifyApi
from services.channel_gateway.adapters.shopify_webhooks import ShopifyWebhooks
from services.channel_gateway.application.apply_messages import apply_messages
from services.channel_gateway.application.ports import Patience, Surroundings, Vendor
from services.channel_gateway.application.receive_webhook import reading_of
from services.channel_gateway.config import Settings
from services.channel_gateway.entrypoints.grpc import ChannelGatewayServicer
from services.channel_gateway.entrypoints.http import Webhooks

STREAM = "RETAIL_CHANNEL"
ANNOUNCEMENTS = Announcements(channel_events_pb2.MessageQuarantined, channel_events_pb2.MessageResolved)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database. Storing webhooks needs nothing but the database."""
    telemetry = start_telemetry(settings)
    shopify = ShopifyWebhooks(settings.shopify_secrets)
    intake = Intake(settings, ANNOUNCEMENTS, desk_reading(shopify))
    broker = await connect_broker(settings.nats_url, name=settings.service)
    orders, master_data = open_channel(settings, "order"), open_channel(settings, "master_data")
    outside = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=settings.storefront_timeout))
    around = Surroundings(
        read=shopify.read,
        orders=OrderClient(orders, max_batch=settings.place_batch),
        master_data=master_data_client_of(settings, master_data),
        ledger=PostgresLedger(intake.worker_engine),
        patience=patience_of(settings),
        at_once=settings.steps_at_once,
    )
    worker = intake.worker(lambda messages: apply_messages(around, messages, utc_now()))
    server = build_server(
        settings,
        [service_of(ChannelGatewayServicer(intake.desk, storefront_of(settings, outside), utc_now))],
        intake.readiness(worker),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    webhooks = webhooks_of(settings, intake, {"shopify": shopify}).application()
    await serve(
        Closing(telemetry.stop),
        *intake.engines,
        Closing(broker.close),
        Closing(outside.close),
        Closing(orders.close),
        Closing(master_data.close),
        Relay(intake.engine, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service),
        *intake.parts(worker),
        server,
        HttpServer(webhooks, settings.http_address, reuse_port=settings.grpc_reuse_port),
    )


def desk_reading(vendor: Vendor) -> Callable[[str, str, bytes], Reading]:
    return lambda sender, topic, body: reading_of(vendor, channel_of(sender), topic, body)


def master_data_client_of(settings: Settings, channel: grpc.aio.Channel) -> MasterDataClient:
    return MasterDataClient(
        channel,
        max_entries=settings.identifiers_cached,
        ttl=settings.identifiers_ttl,
        missing_ttl=settings.identifiers_missing_ttl,
    )


def patience_of(settings: Settings) -> Patience:
    return Patience(
        for_order=timedelta(seconds=settings.order_wait),
        for_parcels=timedelta(seconds=settings.parcels_wait),
        for_state=timedelta(seconds=settings.state_wait),
    )


def storefront_of(settings: Settings, session: aiohttp.ClientSession) -> ShopifyApi:
    shop = settings.storefront_shop or next(iter(settings.shopify_secrets), "")
    return ShopifyApi(
        session, url=settings.storefront_url, token=settings.storefront_token, channel=channel_of(shop)
    )


def webhooks_of(settings: Settings, intake: Intake, vendors: Mapping[str, Vendor]) -> Webhooks:
    return Webhooks(
        intake.reception,
        intake.refused,
        vendors,
        body_limit=settings.webhook_body_limit,
        body_seconds=settings.webhook_body_seconds,
        now=utc_now,
        new_id=uuid4,
    )


def service_of(servicer: ChannelGatewayServicer) -> RpcService:
    return RpcService(
        add_to_server=channel_service_pb2_grpc.add_ChannelGatewayServiceServicer_to_server,
        servicer=servicer,
        descriptor=channel_service_pb2.DESCRIPTOR.services_by_name["ChannelGatewayService"],
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main(run, Settings)

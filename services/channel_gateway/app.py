"""The channel gateway: webhooks of storefronts in, orders and what becomes of them out to the order service.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp
import grpc
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, ping
from libs.intake import Announcements, Desk, Reading, Reception, RefusedCounter, Worker, forget
from libs.intake.http import HttpServer
from libs.lifecycle import Closing, Every, main, serve
from libs.messaging import Relay, connect_broker
from libs.rpc import Readiness, RpcService, build_server, open_channel
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
from services.channel_gateway.application.ports import Patience, Read, Surroundings, Vendor
from services.channel_gateway.application.receive_webhook import reading_of
from services.channel_gateway.config import Settings
from services.channel_gateway.entrypoints.grpc import ChannelGatewayServicer
from services.channel_gateway.entrypoints.http import Webhooks

STREAM = "RETAIL_CHANNEL"
ANNOUNCEMENTS = Announcements(channel_events_pb2.MessageQuarantined, channel_events_pb2.MessageResolved)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database. Storing webhooks needs nothing but the database."""
    telemetry = start_telemetry(settings)
    engine = engine_of(settings, settings.database_pool_size)
    worker_engine = engine_of(settings, settings.worker_pool_size)
    broker = await connect_broker(settings.nats_url, name=settings.service)
    orders, master_data = open_channel(settings, "order"), open_channel(settings, "master_data")
    outside = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=settings.storefront_timeout))
    reception = Reception(
        engine,
        ANNOUNCEMENTS,
        utc_now,
        max_batch=settings.intake_store_batch,
        max_queue=settings.intake_store_waiting,
    )
    refused = RefusedCounter(engine)
    vendors = {"shopify": ShopifyWebhooks(settings.shopify_secrets)}
    around = surroundings_of(
        settings,
        vendors["shopify"].read,
        OrderClient(orders, max_batch=settings.place_batch),
        master_data_client_of(settings, master_data),
        PostgresLedger(worker_engine),
    )
    worker = Worker(
        worker_engine,
        lambda messages: apply_messages(around, messages, utc_now()),
        ANNOUNCEMENTS,
        settings.intake_limits(),
        application_name=settings.service,
    )
    desk = desk_of(engine, vendors["shopify"], settings.resubmit_patience)
    server = build_server(
        settings,
        [service_of(ChannelGatewayServicer(desk, storefront_of(settings, outside), utc_now))],
        # What stands behind may be away: webhooks are stored all the same.
        Readiness({"database": lambda: ping(engine), "worker": healthy(worker)}),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    await serve(
        Closing(telemetry.stop),
        Closing(engine.dispose),
        Closing(worker_engine.dispose),
        Closing(broker.close),
        Closing(outside.close),
        Closing(orders.close),
        Closing(master_data.close),
        Relay(engine, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service),
        Every(settings.purge_interval, purge_of(settings, worker_engine), name="purge"),
        worker,
        refused,
        reception,
        server,
        HttpServer(
            webhooks_of(settings, reception, refused, vendors).application(),
            settings.http_address,
            reuse_port=settings.grpc_reuse_port,
        ),
    )


def engine_of(settings: Settings, pool_size: int) -> AsyncEngine:
    return create_engine(
        settings.database_url,
        application_name=settings.service,
        pool_size=pool_size,
        statement_timeout=settings.database_statement_timeout,
        lock_timeout=settings.database_lock_timeout,
    )


def surroundings_of(
    settings: Settings, read: Read, orders: OrderClient, master_data: MasterDataClient, ledger: PostgresLedger
) -> Surroundings:
    return Surroundings(
        read=read,
        orders=orders,
        master_data=master_data,
        ledger=ledger,
        patience=Patience(
            for_order=timedelta(seconds=settings.order_wait),
            for_parcels=timedelta(seconds=settings.parcels_wait),
            for_state=timedelta(seconds=settings.state_wait),
        ),
        at_once=settings.steps_at_once,
    )


def master_data_client_of(settings: Settings, channel: grpc.aio.Channel) -> MasterDataClient:
    return MasterDataClient(
        channel,
        max_entries=settings.identifiers_cached,
        ttl=settings.identifiers_ttl,
        missing_ttl=settings.identifiers_missing_ttl,
    )


def desk_of(engine: AsyncEngine, vendor: Vendor, patience: float) -> Desk:
    def reading(sender: str, topic: str, body: bytes) -> Reading:
        return reading_of(vendor, channel_of(sender), topic, body)

    return Desk(engine, ANNOUNCEMENTS, reading, patience=timedelta(seconds=patience))


def storefront_of(settings: Settings, session: aiohttp.ClientSession) -> ShopifyApi:
    shop = settings.storefront_shop or next(iter(settings.shopify_secrets), "")
    return ShopifyApi(
        session, url=settings.storefront_url, token=settings.storefront_token, channel=channel_of(shop)
    )


def webhooks_of(
    settings: Settings, reception: Reception, refused: RefusedCounter, vendors: Mapping[str, Vendor]
) -> Webhooks:
    return Webhooks(
        reception,
        refused,
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


def purge_of(settings: Settings, engine: AsyncEngine) -> Callable[[], Awaitable[int]]:
    bodies, answers = timedelta(days=settings.bodies_kept_days), timedelta(days=settings.answers_kept_days)
    return lambda: forget(
        engine, utc_now(), bodies_kept=bodies, answers_kept=answers, batch=settings.purge_batch
    )


def healthy(worker: Worker) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return worker.healthy()

    return check


def utc_now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main(run, Settings)

"""The POS gateway: files of tills and stores in; sales, returns and stock changes out.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

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
from retailmesh.pos.v1 import error_reason_pb2, pos_events_pb2, pos_service_pb2, pos_service_pb2_grpc
from services.pos_gateway.adapters.inventory_client import InventoryClient
from services.pos_gateway.adapters.journal import PostgresJournal
from services.pos_gateway.adapters.master_data_client import MasterDataClient
from services.pos_gateway.adapters.order_client import OrderClient
from services.pos_gateway.adapters.poslog import read_one
from services.pos_gateway.adapters.poslog_xml import transactions_of
from services.pos_gateway.adapters.split_file import split_file
from services.pos_gateway.adapters.till_journal import TillJournal
from services.pos_gateway.adapters.till_signature import TillSignature
from services.pos_gateway.application.apply_messages import apply_messages
from services.pos_gateway.application.ports import Surroundings
from services.pos_gateway.application.receive_file import reading_of
from services.pos_gateway.config import Settings
from services.pos_gateway.entrypoints.grpc import PosGatewayServicer
from services.pos_gateway.entrypoints.http import TillFiles

STREAM = "RETAIL_POS"
ANNOUNCEMENTS = Announcements(pos_events_pb2.MessageQuarantined, pos_events_pb2.MessageResolved)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database. Storing files needs nothing but the database."""
    telemetry = start_telemetry(settings)
    intake = Intake(settings, ANNOUNCEMENTS, desk_reading)
    broker = await connect_broker(settings.nats_url, name=settings.service)
    peers = {name: open_channel(settings, name) for name in ("order", "inventory", "master_data")}
    outside = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=settings.till_journal_timeout))
    around = Surroundings(
        split=split_file,
        read=read_one,
        orders=OrderClient(peers["order"], max_batch=settings.place_batch),
        inventory=InventoryClient(peers["inventory"]),
        master_data=master_data_client_of(settings, peers["master_data"]),
        journal=PostgresJournal(intake.worker_engine),
        original_wait=timedelta(seconds=settings.original_wait),
        at_once=settings.steps_at_once,
    )
    worker = intake.worker(lambda messages: apply_messages(around, messages, utc_now()))
    tills = TillJournal(outside, settings.till_journal_url)
    servicer = PosGatewayServicer(intake.desk, PostgresJournal(intake.engine), tills, utc_now)
    server = build_server(
        settings,
        [service_of(servicer)],
        intake.readiness(worker),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    files = files_of(settings, intake).application()
    await serve(
        Closing(telemetry.stop),
        *intake.engines,
        Closing(broker.close),
        Closing(outside.close),
        *(Closing(channel.close) for channel in peers.values()),
        Relay(intake.engine, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service),
        *intake.parts(worker),
        server,
        HttpServer(files, settings.http_address, reuse_port=settings.grpc_reuse_port),
    )


def desk_reading(sender: str, topic: str, body: bytes) -> Reading:
    return reading_of(transactions_of, lambda one: read_one(one).key.text, topic, body)


def master_data_client_of(settings: Settings, channel: grpc.aio.Channel) -> MasterDataClient:
    return MasterDataClient(
        channel,
        max_entries=settings.identifiers_cached,
        ttl=settings.identifiers_ttl,
        missing_ttl=settings.identifiers_missing_ttl,
    )


def files_of(settings: Settings, intake: Intake) -> TillFiles:
    return TillFiles(
        intake.reception,
        intake.refused,
        is_signed=TillSignature(settings.till_secrets),
        check=transactions_of,
        body_limit=settings.file_body_limit,
        body_seconds=settings.file_body_seconds,
        now=utc_now,
        new_id=uuid4,
    )


def service_of(servicer: PosGatewayServicer) -> RpcService:
    return RpcService(
        add_to_server=pos_service_pb2_grpc.add_PosGatewayServiceServicer_to_server,
        servicer=servicer,
        descriptor=pos_service_pb2.DESCRIPTOR.services_by_name["PosGatewayService"],
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main(run, Settings)

"""The ERP gateway: every financial fact into the ERP, once, at the pace that the ERP bears.

Reading this file is reading the service: what it is made of, and in which order that starts and stops.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from libs.database import engine_of, ping
from libs.lifecycle import Closing, Every, main, serve
from libs.messaging import Bounds, Consumer, Relay, connect_broker
from libs.rpc import Readiness, RpcService, build_server
from libs.telemetry import start_telemetry
from retailmesh.erp.v1 import erp_service_pb2, erp_service_pb2_grpc, error_reason_pb2
from services.erp_gateway.adapters.audited_http import AuditedHttp
from services.erp_gateway.adapters.reads import PostgresPostingReads
from services.erp_gateway.adapters.sandbox_erp import SandboxErp
from services.erp_gateway.adapters.store import PostgresStore
from services.erp_gateway.adapters.tryton import TrytonErp
from services.erp_gateway.adapters.tryton_rpc import Seed, TrytonRpc
from services.erp_gateway.application.forget_answers import forget_answers
from services.erp_gateway.application.ports import Erp
from services.erp_gateway.application.run_posting import Clock
from services.erp_gateway.config import Settings
from services.erp_gateway.entrypoints import consumers
from services.erp_gateway.entrypoints.desk import Desk
from services.erp_gateway.entrypoints.grpc import ErpGatewayServicer, Faces

STREAM = "RETAIL_ERP"
BEATS_PER_LEASE = 4
LATE_WRITE = 1.5
"""How long a write may still happen is no less than so many times the silence that counts as lost."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What an ERP bears and how long it may take, in seconds, unless the settings say otherwise."""

    slots: int
    answers_after: float
    settle: float


PACES = {"sandbox": Pace(15, 5.0, 8.0), "tryton": Pace(2, 30.0, 45.0)}


async def run(settings: Settings) -> None:
    """Serve until SIGTERM; expects a migrated database and waits for a broker that is not there yet."""
    telemetry = start_telemetry(settings)
    pace = pace_of(settings)
    engine = engine_of(settings)
    lease = timedelta(seconds=settings.lease_seconds)
    store = PostgresStore(engine, now, uuid4, lease)
    http, erp = erp_of(settings, pace)
    desk = Desk(
        erp,
        store,
        Clock(now, random.random),
        limit=pace.slots,
        longest_pause=settings.longest_pause_seconds,
        beat=settings.lease_seconds / BEATS_PER_LEASE,
        grace=settings.stop_grace_seconds,
    )
    broker = await connect_broker(settings.nats_url, name=settings.service)
    relay = Relay(engine, broker, [STREAM], batch=settings.relay_batch, application_name=settings.service)
    facts = Consumer(
        engine,
        broker,
        service=settings.service,
        name="facts",
        stream=consumers.STREAM,
        subjects=consumers.SUBJECTS,
        handlers=consumers.handlers(store.within, erp.steps_of, desk.wake),
        bounds=Bounds.of(settings),
    )
    server = build_server(
        settings,
        [service_of(Faces(store, PostgresPostingReads(engine), erp, desk, now))],
        # An ERP that is away fills the backlog; the gateway goes on taking facts.
        Readiness({"database": lambda: ping(engine)}),
        [error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]],
    )
    await serve(
        Closing(telemetry.stop),
        Closing(engine.dispose),
        Closing(broker.close),
        http,
        relay,
        Every(settings.purge_interval_seconds, purge_of(settings, store), name="purge"),
        desk,
        facts,
        server,
    )


def now() -> datetime:
    return datetime.now(UTC)


def pace_of(settings: Settings) -> Pace:
    """The ERP's own pace with what the settings change of it."""
    usual = PACES[settings.erp]
    answers_after = settings.erp_answers_after_seconds or usual.answers_after
    settle = settings.erp_settle_seconds or usual.settle
    # A call that is still waited for may take effect: what is not found then is not certainly not done.
    return Pace(settings.posting_slots or usual.slots, answers_after, max(settle, answers_after * LATE_WRITE))


def erp_of(settings: Settings, pace: Pace) -> tuple[AuditedHttp, Erp]:
    """The ERP chosen by the settings, and the HTTP client that it is called with."""
    make: Callable[[Settings, Pace], tuple[AuditedHttp, Erp]] = {
        "sandbox": sandbox,
        "tryton": tryton,
    }[settings.erp]
    return make(settings, pace)


def sandbox(settings: Settings, pace: Pace) -> tuple[AuditedHttp, Erp]:
    headers = {"Authorization": f"Bearer {settings.erp_token}"}
    url = settings.erp_url
    http = AuditedHttp(url, headers, answers_after=pace.answers_after, system="sandbox ERP")
    return http, SandboxErp(http, timedelta(seconds=pace.answers_after), timedelta(seconds=pace.settle))


def tryton(settings: Settings, pace: Pace) -> tuple[AuditedHttp, Erp]:
    seed = Seed.read(settings.tryton_seed)
    http = AuditedHttp(settings.tryton_url, {}, answers_after=pace.answers_after, system="Tryton")
    longest, settle = timedelta(seconds=pace.answers_after), timedelta(seconds=pace.settle)
    return http, TrytonErp(TrytonRpc(http, seed), seed, longest, settle)


def purge_of(settings: Settings, store: PostgresStore) -> Callable[[], Awaitable[None]]:
    async def purge() -> None:
        await forget_answers(
            store,
            now=now(),
            answers_kept=timedelta(days=settings.answers_kept_days),
            events_kept=timedelta(days=settings.events_noted_days),
            limit=settings.purge_batch,
        )

    return purge


def service_of(faces: Faces) -> RpcService:
    return RpcService(
        add_to_server=erp_service_pb2_grpc.add_ErpGatewayServiceServicer_to_server,
        servicer=ErpGatewayServicer(faces),
        descriptor=erp_service_pb2.DESCRIPTOR.services_by_name["ErpGatewayService"],
    )


if __name__ == "__main__":
    main(run, Settings)

"""The demonstration from an empty mesh to the scorecard."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import grpc
import nats
from google.type.date_pb2 import Date
from nats.aio.client import Client
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine, run_invariants
from libs.messaging import deadletters
from libs.stack import Mesh
from retailmesh.erp.v1.erp_service_pb2 import GetBacklogResponse
from retailmesh.order.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from retailmesh.reconciliation.v1 import (
    reconciliation_pb2,
    reconciliation_service_pb2,
    reconciliation_service_pb2_grpc,
)
from retailmesh.type.v1 import intake_pb2
from services.cli.demo.loading import load_master_data, load_opening_stock
from services.cli.demo.outside import Outside, played
from services.cli.demo.oversell import oversold_units, pages
from services.cli.demo.scorecard import BreakLine, Scorecard, zeros_of
from services.cli.demo.settling import Backlog, Watch, settled

SERVICES_ROOT = Path(__file__).resolve().parents[2]
CALLED = (
    "master_data",
    "inventory",
    "order",
    "channel_gateway",
    "pos_gateway",
    "erp_gateway",
    "reconciliation",
)


class Screen(Protocol):
    """Where progress is shown; every stage has a total before its first step."""

    def stage(self, name: str, total: int | None) -> None: ...
    def at(self, name: str, done: int, total: int | None = None, note: str = "") -> None: ...
    def finish(self, name: str, note: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which day to play, how quickly, and how long postings may take to drain."""

    plan: Mapping[str, Any]
    speed: float
    drain_seconds: float


@dataclass(slots=True)
class Lap:
    """Seconds of each stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)

    def done(self, stage: str) -> None:
        now = time.monotonic()
        self.seconds[stage], self.since = round(now - self.since, 2), now


@dataclass(frozen=True, slots=True)
class Connections:
    """Everything that the demonstration talks to."""

    outside: Outside
    channels: Mapping[str, grpc.aio.Channel]
    engines: Mapping[str, AsyncEngine]
    nats: Client

    @property
    def orders(self) -> order_service_pb2_grpc.OrderServiceStub:
        return order_service_pb2_grpc.OrderServiceStub(self.channels["order"])


@asynccontextmanager
async def connected(mesh: Mesh) -> AsyncIterator[Connections]:
    """Open what is needed to a running mesh, and close it."""
    async with AsyncExitStack() as stack:
        outside = Outside(mesh.http_address("sandbox"))
        stack.push_async_callback(outside.close)
        channels = {name: mesh.channel(name) for name in CALLED}
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        engines = {
            name: create_engine(mesh.database_url(name), application_name="retailmesh-demo", pool_size=1)
            for name in CALLED
        }
        for engine in engines.values():
            stack.push_async_callback(engine.dispose)
        client = await nats.connect(mesh.nats_url)
        stack.push_async_callback(client.close)
        yield Connections(outside, channels, engines, client)


async def play(to: Connections, wanted: Wanted, screen: Screen, lap: Lap) -> Scorecard:
    """Plan, load, play, settle, reconcile; the mesh is up and empty."""
    screen.stage("plan", None)
    summary = await to.outside.plan(wanted.plan)
    screen.finish("plan", f"{summary['dataset']}, {summary['business_date']}")
    lap.done("plan")
    await _load(to, summary, screen)
    lap.done("load")
    progress, backlog = await _play_and_settle(to, wanted, screen)
    lap.done("play and settle")
    run, breaks = await _reconcile(to, summary, backlog, screen)
    lap.done("reconcile")
    screen.stage("prove", None)
    card = await _scorecard(to, summary, progress, backlog, run, breaks, lap)
    screen.finish("prove", "all invariants hold" if not card.broken_invariants else "see below")
    return card


async def _load(to: Connections, summary: Mapping[str, Any], screen: Screen) -> None:
    counts = summary["master_data"]
    totals = {
        "locations": counts["stores"] + counts["warehouses"],
        "products": counts["products"],
        "prices": None,
        "promotions": None,
        "customers": counts["customers"],
        "opening stock": counts["opening_levels"],
    }
    loaded: Counter[str] = Counter()

    def reporter(name: str) -> Any:
        screen.stage(name, totals[name])

        def report(rows: int) -> None:
            loaded[name] += rows
            screen.at(name, loaded[name])

        return report

    day = f"{summary['dataset']}-{summary['business_date']}-{summary['seed']}"
    names = ("locations", "products", "prices", "promotions", "customers")
    reports = {name: reporter(name) for name in names}
    await load_master_data(to.outside, to.channels["master_data"], day, reports)
    for name in names:
        screen.finish(name, f"{loaded[name]:,}")
    stock = reporter("opening stock")
    opened_at = f"{summary['business_date']}T00:00:00Z"
    await load_opening_stock(to.outside, to.channels["inventory"], day, opened_at, stock)
    screen.finish("opening stock", f"{loaded['opening stock']:,}")


async def _play_and_settle(to: Connections, wanted: Wanted, screen: Screen) -> tuple[dict[str, Any], Backlog]:
    watch = Watch(to.channels, to.engines, to.nats)
    for name in ("messages sent", "messages applied", "postings in the ERP"):
        screen.stage(name, None)

    def show(backlog: Backlog) -> None:
        done, waiting = backlog.intake_done, backlog.intake_waiting
        screen.at("messages applied", done, done + waiting)
        ended, pending = backlog.postings_ended, backlog.postings_pending
        screen.at("postings in the ERP", ended, ended + pending, drain_note(backlog))

    await to.outside.start(wanted.speed)
    drain_until = asyncio.get_running_loop().time() + wanted.drain_seconds
    # The two halves look at the same queues; only the second one's verdict counts.
    sending = asyncio.create_task(
        played(to.outside, lambda done, total: screen.at("messages sent", done, total))
    )
    try:
        while not sending.done():
            show(await watch.look())
            await asyncio.wait([sending], timeout=LOOK_SECONDS)
        progress = sending.result()
    finally:
        sending.cancel()
    screen.finish("messages sent", f"{progress['done']:,}")
    backlog = await settled(watch, show, drain_until=drain_until)
    screen.finish("messages applied", f"{backlog.intake_done:,}")
    screen.finish("postings in the ERP", f"{backlog.postings_ended:,}")
    return progress, backlog


LOOK_SECONDS = 0.5


def drain_note(backlog: Backlog) -> str:
    """The rate, and how long the backlog takes at it."""
    if not backlog.rate_milli:
        return ""
    rate = f"{backlog.rate_milli / 1000:.1f}/s"
    if not backlog.postings_pending or backlog.drain_seconds is None:
        return rate
    return f"{rate}, {backlog.drain_seconds} s to drain"


async def _reconcile(
    to: Connections, summary: Mapping[str, Any], backlog: Backlog, screen: Screen
) -> tuple[reconciliation_pb2.Run, list[BreakLine]]:
    screen.stage("reconcile", None)
    stub = reconciliation_service_pb2_grpc.ReconciliationServiceStub(to.channels["reconciliation"])
    day = date.fromisoformat(summary["business_date"])
    request = reconciliation_service_pb2.RunReconciliationRequest(
        request_id=str(uuid4()),
        business_date=Date(year=day.year, month=day.month, day=day.day),
        allowed_backlog=backlog.postings_pending,
    )
    run = (await stub.RunReconciliation(request, timeout=RECONCILE_SECONDS)).run
    breaks: list[BreakLine] = []
    async for page in pages(stub.ListBreaks, reconciliation_service_pb2.ListBreaksRequest(run_id=run.run_id)):
        breaks.extend(map(break_line, page.breaks))
    screen.finish("reconcile", f"{len(breaks)} breaks")
    return run, breaks


RECONCILE_SECONDS = 120.0


def break_line(found: reconciliation_pb2.Break) -> BreakLine:
    kind = reconciliation_pb2.BreakKind.Name(found.kind).removeprefix("BREAK_KIND_")
    return BreakLine(kind, found.subject, found.expected, found.found, found.remedy)


async def _scorecard(
    to: Connections,
    summary: Mapping[str, Any],
    progress: Mapping[str, Any],
    backlog: Backlog,
    run: reconciliation_pb2.Run,
    breaks: list[BreakLine],
    lap: Lap,
) -> Scorecard:
    watch = Watch(to.channels, to.engines, to.nats)
    intake = await watch.intake()
    posting = await watch.posting()
    counted = await to.orders.SummarizeOrders(order_service_pb2.SummarizeOrdersRequest())
    broken = await broken_invariants(to.engines)
    letters = await deadletters.find(to.nats)
    erp_doubled = await _erp_doubled(to, posting)
    orders, held, refused = order_counts(counted)
    oversold = await oversold_units(to.channels["order"], to.channels["inventory"])
    lap.done("prove")
    return Scorecard(
        dataset=summary["dataset"],
        business_date=summary["business_date"],
        erp=posting.erp,
        seconds=lap.seconds,
        messages_sent=progress["sent_by_kind"],
        messages=intake_counts(intake),
        answers=progress["answers"],
        unexpected_answers=progress["unexpected"],
        quarantined=quarantine_reasons(intake),
        refused_unread=await watch.refused_unread(),
        orders=orders,
        held=held,
        refused=refused,
        split_orders=counted.split_orders,
        returns=counted.returns,
        postings={
            "posted": posting.posted,
            "failed": posting.failed,
            "skipped": posting.skipped,
            "pending": posting.pending,
        },
        posting_backlog=posting.pending,
        posting_rate_per_second=backlog.rate_milli / 1000,
        posting_drain_seconds=backlog.drain_seconds,
        posting_lag_p50_seconds=posting.lag_p50.ToMilliseconds() / 1000,
        posting_lag_p99_seconds=posting.lag_p99.ToMilliseconds() / 1000,
        erp_throttled_calls=posting.throttled_calls,
        erp_lost_answers=posting.unknown_outcomes,
        dead_letters=len(letters),
        comparisons=[comparison_line(one) for one in run.comparisons],
        breaks=breaks,
        broken_invariants=broken,
        zeros=zeros_of(
            breaks,
            oversold_units=oversold,
            erp_doubled_keys=erp_doubled,
            broken_invariants=broken,
            stuck=backlog.intake_waiting + backlog.unpublished + backlog.unhandled,
            dead_letters=len(letters),
        ),
        examples=await examples(to),
    )


async def _erp_doubled(to: Connections, posting: GetBacklogResponse) -> int:
    if posting.erp != "sandbox":
        return 0
    doubled = (await to.outside.erp_stats())["doubled"]
    return sum(doubled.values()) if isinstance(doubled, dict) else len(doubled)


async def broken_invariants(engines: Mapping[str, AsyncEngine]) -> dict[str, int]:
    """Rows of each invariant query that found any, by service and query."""
    broken: dict[str, int] = {}
    for name, engine in engines.items():
        for violation in await run_invariants(engine, SERVICES_ROOT / name / "invariants.sql"):
            broken[f"{name}: {violation.name}"] = len(violation.rows)
    return broken


def intake_counts(intake: Any) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for source, count in intake:
        state = intake_pb2.IntakeState.Name(count.state).removeprefix("INTAKE_STATE_").lower()
        counts[f"{source} {state}"] += count.messages
    return dict(sorted(counts.items()))


def quarantine_reasons(intake: Any) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for source, count in intake:
        if count.state == intake_pb2.INTAKE_STATE_QUARANTINED:
            counts[f"{source}: {count.reason}"] += count.messages
    return dict(sorted(counts.items()))


def order_counts(
    counted: order_service_pb2.SummarizeOrdersResponse,
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Orders by kind and state, held ones by reason, refused ones by reason."""
    orders: Counter[str] = Counter()
    held: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for count in counted.counts:
        kind = order_pb2.OrderKind.Name(count.kind).removeprefix("ORDER_KIND_").lower()
        state = order_pb2.OrderState.Name(count.state).removeprefix("ORDER_STATE_").lower()
        orders[f"{kind.replace('_', ' ')} {state.replace('_', ' ')}"] += count.orders
        if count.hold_reason:
            held[reason_text(order_pb2.HoldReason.Name(count.hold_reason), "HOLD_REASON_")] += count.orders
        if count.refusal_reason:
            reason = order_pb2.RefusalReason.Name(count.refusal_reason)
            refused[reason_text(reason, "REFUSAL_REASON_")] += count.orders
    return dict(sorted(orders.items())), dict(held), dict(refused)


def reason_text(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower().replace("_", " ")


def comparison_line(count: reconciliation_pb2.ComparisonCount) -> dict[str, Any]:
    return {
        "comparison": count.comparison,
        "left": count.left,
        "right": count.right,
        "matched": count.matched,
        "breaks": count.breaks,
    }


async def examples(to: Connections) -> dict[str, str]:
    """Ids of orders that have a story: split, held, returned, cancelled."""
    found: dict[str, str] = {}
    async for page in pages(to.orders.ListOrders, order_service_pb2.ListOrdersRequest()):
        for order in page.orders:
            for name, has in (
                ("split", order.allocated_locations > 1),
                ("held", order.state == order_pb2.ORDER_STATE_HELD),
                ("returned", order.refunded.units > 0 or order.refunded.nanos > 0),
                ("cancelled", order.state == order_pb2.ORDER_STATE_CANCELLED),
                ("backordered", order.state == order_pb2.ORDER_STATE_BACKORDERED),
            ):
                if has:
                    found.setdefault(name, order.order_id)
    return found

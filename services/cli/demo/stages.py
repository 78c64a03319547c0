"""The demonstration from an empty mesh to the scorecard, stage by stage."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol
from uuid import uuid4

from google.type.date_pb2 import Date

from retailmesh.reconciliation.v1 import reconciliation_pb2, reconciliation_service_pb2
from services.cli.demo.connections import Connections, pages
from services.cli.demo.figures import scorecard_of
from services.cli.demo.loading import PARTS, Report, load_opening_stock, load_part
from services.cli.demo.outside import played
from services.cli.demo.scorecard import BreakLine, Scorecard
from services.cli.demo.settling import Backlog, Watch, settled

SENDING, HANDLING, POSTING = "messages sent", "messages handled", "postings in the ERP"
LOOK_SECONDS = 0.5
RECONCILE_SECONDS = 120.0


class Screen(Protocol):
    """Where progress is shown. A stage without a total is one whose end cannot be foreseen."""

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


async def play(to: Connections, wanted: Wanted, screen: Screen, lap: Lap) -> Scorecard:
    """Plan, load, play, settle, reconcile, prove; the mesh is up and empty. Raises `OutsideError`."""
    screen.stage("plan the day", None)
    summary = await to.outside.plan(wanted.plan)
    screen.finish("plan the day", planned_note(summary))
    lap.done("plan")
    await _load(to, summary, screen)
    lap.done("load")
    progress, backlog = await _play_and_settle(to, wanted, screen)
    lap.done("play")
    run, breaks = await _reconcile(to, summary, backlog, screen)
    lap.done("reconcile")
    screen.stage("prove", None)
    card = await scorecard_of(to, summary, progress, backlog, run, breaks, lap.seconds)
    screen.finish("prove", f"{sum(card.invariants.values())} queries")
    lap.done("prove")
    return card


def planned_note(summary: Mapping[str, Any]) -> str:
    orders, sales = summary["storefront"]["orders"], summary["tills"].get("sale", 0)
    return f"{orders:,} orders, {sales:,} sales"


async def _load(to: Connections, summary: Mapping[str, Any], screen: Screen) -> None:
    counts = summary["master_data"]
    totals = {**counts, "locations": counts["stores"] + counts["warehouses"]}
    day = f"{summary['dataset']}-{summary['business_date']}-{summary['seed']}"
    for part in PARTS:
        await load_part(to, part, day, _begin(screen, part.name, totals[part.name]))
        screen.finish(part.name)
    opened_at = f"{summary['business_date']}T00:00:00Z"
    stock = _begin(screen, "opening stock", counts["opening_levels"])
    await load_opening_stock(to, day, opened_at, stock)
    screen.finish("opening stock")


def _begin(screen: Screen, name: str, total: int) -> Report:
    screen.stage(name, total)
    loaded = 0

    def report(rows: int) -> None:
        nonlocal loaded
        loaded += rows
        screen.at(name, loaded)

    return report


async def _play_and_settle(to: Connections, wanted: Wanted, screen: Screen) -> tuple[dict[str, Any], Backlog]:
    watch = Watch(to)
    for name in (SENDING, HANDLING, POSTING):
        screen.stage(name, None)

    def show(backlog: Backlog) -> None:
        done, ended = backlog.intake_done, backlog.postings_ended
        screen.at(HANDLING, done, done + backlog.intake_waiting, handled_note(backlog))
        screen.at(POSTING, ended, ended + backlog.postings_pending, drain_note(backlog))

    await to.outside.start(wanted.speed)
    sending = asyncio.create_task(played(to.outside, lambda done, total: screen.at(SENDING, done, total)))
    try:
        while not sending.done():
            show(await watch.look())
            await asyncio.wait([sending], timeout=LOOK_SECONDS)
        progress = sending.result()
    finally:
        sending.cancel()
    screen.finish(SENDING)
    drain_until = asyncio.get_running_loop().time() + wanted.drain_seconds
    backlog = await settled(watch, show, drain_until=drain_until)
    screen.finish(HANDLING, handled_note(backlog))
    screen.finish(POSTING, drain_note(backlog))
    return progress, backlog


def handled_note(backlog: Backlog) -> str:
    return f"{backlog.intake_quarantined} in quarantine"


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
    day = date.fromisoformat(summary["business_date"])
    request = reconciliation_service_pb2.RunReconciliationRequest(
        request_id=str(uuid4()),
        business_date=Date(year=day.year, month=day.month, day=day.day),
        allowed_backlog=backlog.postings_pending,
    )
    stub = to.stubs["reconciliation"]
    run: reconciliation_pb2.Run = (await stub.RunReconciliation(request, timeout=RECONCILE_SECONDS)).run
    breaks: list[BreakLine] = []
    async for page in pages(stub.ListBreaks, reconciliation_service_pb2.ListBreaksRequest(run_id=run.run_id)):
        breaks.extend(map(break_line, page.breaks))
    screen.finish("reconcile", f"{len(breaks)} breaks")
    return run, breaks


def break_line(found: reconciliation_pb2.Break) -> BreakLine:
    kind = reconciliation_pb2.BreakKind.Name(found.kind).removeprefix("BREAK_KIND_")
    return BreakLine(kind, found.subject, found.expected, found.found, found.remedy)

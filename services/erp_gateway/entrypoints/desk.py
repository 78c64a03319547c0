"""Works on the postings that are due, as many at once as the ERP bears."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from libs.lifecycle import Every
from libs.telemetry import get_logger, meter, span
from services.erp_gateway.application.ports import Claimed, Erp, LeaseLost, Store
from services.erp_gateway.application.run_posting import Clock, Means, run_posting
from services.erp_gateway.domain.governor import Governor, starting
from services.erp_gateway.domain.postings import Posting, PostingState

log = get_logger("services.erp_gateway")
ended = meter().create_counter("retail.erp.postings", "{posting}", "Postings done or failed")
lag = meter().create_histogram(
    "retail.erp.posting.lag", "s", "From a fact in the mesh to its last step in the ERP"
)

SHORTEST_PAUSE = 0.02
LOOK_AGAIN = 0.1
TROUBLE_PAUSE = 1.0
PROBE_PAUSE = 0.5
"""Between two looks whether an ERP that was away is back."""


class Backlog(Store, Protocol):
    """A store that also knows when the next posting can be claimed."""

    async def next_due(self) -> datetime | None: ...

    async def renew(self, leases: Sequence[UUID]) -> None: ...


class Desk:
    """A part of the service. Postings that it did not finish are claimed anew when their lease has ended."""

    def __init__(
        self,
        erp: Erp,
        store: Backlog,
        clock: Clock,
        *,
        limit: int,
        longest_pause: float,
        beat: float,
        grace: float,
    ) -> None:
        """Every ``beat`` seconds the leases of the postings under way are renewed.

        ``grace`` is how many seconds postings under way get when the service stops.
        """
        self._means = Means(erp, store, self, clock)
        self._store = store
        self._clock = clock
        self._governor: Governor = starting(limit)
        self._longest_pause = longest_pause
        self._grace = grace
        self._heart = Every(beat, self._renew, name="leases")
        self._running: dict[asyncio.Task[None], UUID] = {}
        self._wake = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    @property
    def slots(self) -> int:
        """How many calls may run at once now."""
        return self._governor.allowed

    @property
    def slots_used(self) -> int:
        """How many postings are under way, each with one call at a time."""
        return len(self._running)

    def wake(self) -> None:
        """Something is due."""
        self._wake.set()

    def answered(self) -> None:
        self._governor = self._governor.answered()

    def throttled(self) -> None:
        self._governor = self._governor.throttled()

    def failed(self) -> None:
        self._governor = self._governor.failed()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="desk")
        await self._heart.start()

    async def stop(self) -> None:
        """Let postings under way finish; those that take too long go on in the next process."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=self._grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._heart.stop()

    async def _renew(self) -> None:
        if self._running:
            await self._store.renew(list(self._running.values()))

    async def _run(self) -> None:
        while not self._stopping:
            try:
                if self._governor.probing:
                    await asyncio.sleep(PROBE_PAUSE)
                await self._fill_slots()
            except Exception as error:
                log.error("claiming_failed", error)
                await asyncio.sleep(TROUBLE_PAUSE)

    async def _fill_slots(self) -> None:
        woken = self._wake.is_set()
        self._wake.clear()
        free = self.slots - self.slots_used
        claimed: Sequence[Claimed] = await self._store.claim(free) if free > 0 else ()
        for item in claimed:
            task = asyncio.create_task(self._work(item))
            self._running[task] = item.lease
            task.add_done_callback(self._finished)
        if not claimed:
            # What woke it may not be committed yet.
            await self._rest(min(LOOK_AGAIN, self._longest_pause) if woken else self._longest_pause)

    async def _rest(self, pause: float) -> None:
        due = await self._store.next_due() if self.slots > self.slots_used else None
        if due is not None:
            pause = min(max((due - self._clock.now()).total_seconds(), SHORTEST_PAUSE), pause)
        try:
            await asyncio.wait_for(self._wake.wait(), pause)
        except TimeoutError:
            return

    async def _work(self, item: Claimed) -> None:
        fact, posting_id = item.posting.fact, str(item.posting.posting_id)
        attributes = {"retail.order.id": fact.order_id, "retail.posting.kind": fact.kind.value}
        with span("post to ERP", attributes=attributes, traceparent=item.traceparent):
            try:
                posting = await run_posting(self._means, item)
            except LeaseLost:
                log.warning("posting_lease_lost", posting_id=posting_id)
            except Exception as error:
                # Its lease ends, and whoever claims it then knows from the steps what to look up.
                log.error("posting_interrupted", error, posting_id=posting_id)
            else:
                self._count(item, posting)

    def _count(self, item: Claimed, posting: Posting) -> None:
        fact = posting.fact
        if posting.state is PostingState.FAILED:
            log.warning("posting_failed", posting_id=str(posting.posting_id), order_id=fact.order_id)
        if posting.state in (PostingState.FAILED, PostingState.POSTED):
            ended.add(1, {"kind": fact.kind.value, "state": posting.state.value})
        if posting.state is PostingState.POSTED:
            lag.record((self._clock.now() - item.since).total_seconds(), {"kind": fact.kind.value})

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self._wake.set()

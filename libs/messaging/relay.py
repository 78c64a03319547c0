"""From the outbox to JetStream: in order, at least once, by one process at a time."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import Lead, leadership
from libs.messaging.backoff import Backoff, NotStarted
from libs.messaging.broker import Broker
from libs.messaging.outbox import CHANNEL, MARK_PUBLISHED, SELECT_UNPUBLISHED, Recorded
from libs.messaging.publisher import Publisher
from libs.messaging.streams import ensure_streams, jetstream
from libs.telemetry import get_logger

log = get_logger("libs.messaging")


class Relay:
    """Publishes what `record_events` wrote; a crash publishes some events again and loses none.

    ``batch`` bounds what is published at once; two batches are in memory. ``sweep_seconds`` is how long an
    event can wait whose notification went missing. An event that comes alone goes out at once; those that
    follow within ``linger_seconds`` go together, since select, marks and the broker's storing cost about as
    much for one as for fifty. Measured at some hundred orders a second, a tenth of a second halves the
    broker's work and takes a fifth off that of PostgreSQL and the services.
    """

    def __init__(
        self,
        database: AsyncEngine | URL | str,
        nats: Broker,
        streams: Sequence[str],
        *,
        batch: int = 500,
        sweep_seconds: float = 2.0,
        linger_seconds: float = 0.1,
        application_name: str = "relay",
    ) -> None:
        self._url = database.url if isinstance(database, AsyncEngine) else database
        self._nats = nats
        self._streams = streams
        self._batch = batch
        self._sweep_seconds = sweep_seconds
        self._linger_seconds = linger_seconds
        self._application_name = application_name
        self._publisher = Publisher(nats)
        self._backoff = Backoff()
        self._trouble: Exception | None = NotStarted()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        """Events under way may be published again by the next leader."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def healthy(self) -> bool:
        """Whether events go out, from here or from the leader that this one stands by for."""
        running = self._task is not None and not self._task.done()
        return running and self._trouble is None and self._nats.is_connected

    async def _run(self) -> None:
        while True:
            try:
                async with leadership(
                    self._url,
                    "relay",
                    application_name=self._application_name,
                    standing_by=self._recovered,
                ) as lead:
                    await self._relay(lead)
            except Exception as error:
                self._failed(error)
            await asyncio.sleep(self._backoff.next())

    async def _relay(self, lead: Lead) -> None:
        """Publish while the lead lasts; marks and selects happen while another batch goes out."""
        await ensure_streams(jetstream(self._nats), self._streams)
        wake = await listen(lead)
        current: list[Recorded] = []
        sent: list[Recorded] = []
        log.info("relay_leads")
        while not lead.lost.is_set():
            wake.clear()
            async with asyncio.TaskGroup() as both:
                both.create_task(self._publisher.publish(current))
                exchange = both.create_task(self._exchange(lead, sent, current))
            sent, current = current, exchange.result()
            self._recovered()
            if not sent and not current:
                await rest(wake, self._sweep_seconds)

    async def _exchange(
        self, lead: Lead, sent: Sequence[Recorded], current: Sequence[Recorded]
    ) -> list[Recorded]:
        """Mark what was sent and give what is next, apart from what is going out."""
        if 0 < len(current) < self._batch:
            await asyncio.sleep(self._linger_seconds)
        if sent:
            await lead.connection.execute(MARK_PUBLISHED, positions_of(sent))
        rows = await lead.connection.fetch(SELECT_UNPUBLISHED, positions_of(current), self._batch)
        return [Recorded(*row) for row in rows]

    def _recovered(self) -> None:
        self._trouble = None
        self._backoff.reset()

    def _failed(self, error: Exception) -> None:
        self._trouble = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
        log.error("relay_interrupted", self._trouble)


async def listen(lead: Lead) -> asyncio.Event:
    """Set by each commit that recorded events, and by the end of the session."""
    wake = asyncio.Event()
    # A mark lost in a power cut only means that the broker or an inbox sees a duplicate.
    await lead.connection.execute("set synchronous_commit = off")
    await lead.connection.add_listener(CHANNEL, lambda *_: wake.set())
    lead.connection.add_termination_listener(lambda _: wake.set())
    return wake


async def rest(wake: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), seconds)


def positions_of(events: Sequence[Recorded]) -> list[int]:
    return [event.position for event in events]

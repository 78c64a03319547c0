"""A service's subscription to events: each takes effect once, and those of one key in order."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import leadership
from libs.messaging.backoff import Backoff, NotStarted
from libs.messaging.bounds import Bounds
from libs.messaging.burial import Burial
from libs.messaging.effects import Effects
from libs.messaging.event import TOKEN
from libs.messaging.feed import Feed
from libs.messaging.handlers import Handlers
from libs.messaging.processor import Processor
from libs.messaging.streams import DEADLETTER_STREAM, durable_of, ensure_streams, jetstream
from libs.messaging.suspects import Suspects
from libs.telemetry import get_logger

log = get_logger("libs.messaging")

STOP_GRACE_SECONDS = 10.0
HAND_OVER_SECONDS = 2


class Consumer:
    """Hands the events of some subjects of a stream to the handlers of their types.

    Of all processes of the service one is active, the others stand by: so a key has one order. Handlers get
    batches and fall back to single events when a batch fails; see `Bounds` for all limits. Needs a
    nats-server of 2.14 or newer, whose consumers can be reset: an event that a dead process had taken comes
    again before all later ones, and not after a timeout.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        nats: Client,
        *,
        service: str,
        name: str,
        stream: str,
        subjects: Sequence[str],
        handlers: Handlers,
        bounds: Bounds | None = None,
    ) -> None:
        for token in (service, name):
            if not TOKEN.fullmatch(token):
                raise ValueError(f"{token!r} cannot be part of a subject")
        self._engine = engine
        self._nats = nats
        self._stream = stream
        self._subjects = subjects
        self._handlers = handlers
        self._bounds = bounds or Bounds()
        self._durable = durable_of(service, name)
        self._effects = Effects(engine, self._durable)
        self._burial = Burial(nats, service, name)
        self._backoff = Backoff()
        self._suspects: Suspects | None = None
        self._feed: Feed | None = None
        self._processor: Processor | None = None
        self._trouble: BaseException | None = NotStarted()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=self._durable)

    async def stop(self) -> None:
        """Finish the batch under way; what else was handed out comes again to the next process."""
        self._stopping = True
        if self._task is None:
            return
        if self._feed is not None:
            self._feed.interrupt()
            await asyncio.wait([self._task], timeout=STOP_GRACE_SECONDS)
        self._task.cancel()
        await asyncio.wait([self._task])

    def healthy(self) -> bool:
        """Whether events are handled, here or by the process that this one stands by for."""
        running = self._task is not None and not self._task.done()
        stalled = self._trouble or (self._processor and self._processor.trouble)
        return running and not stalled and self._nats.is_connected

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._lead()
            except Exception as error:
                if self._stopping:
                    return
                self._trouble = error
                log.error("consumer_interrupted", error, consumer=self._durable)
            finally:
                self._feed = self._processor = None
            await asyncio.sleep(self._backoff.next())

    async def _lead(self) -> None:
        async with leadership(
            self._engine.url,
            f"consumer {self._durable}",
            application_name=self._durable,
            standing_by=self._recovered,
        ) as lead:
            await self._take_up()
            try:
                async with (
                    Feed(self._nats, self._stream, self._durable, self._bounds) as feed,
                    Processor(feed, self._effects, self._burial, self._handlers, self._bounds) as processor,
                ):
                    lead.connection.add_termination_listener(lambda _: feed.fail("the lead was lost"))
                    self._feed, self._processor = feed, processor
                    await self._consume(feed, processor)
            finally:
                if self._stopping:
                    await self._hand_over()

    async def _take_up(self) -> None:
        """Have the broker hand out again, in order, all that was not acknowledged to an earlier holder."""
        js = jetstream(self._nats)
        await ensure_streams(js, [self._stream, DEADLETTER_STREAM])
        info = await js.add_consumer(self._stream, self._config())
        if self._suspects is None:
            unfinished = info.delivered.stream_seq if info.delivered and info.num_ack_pending else 0
            self._suspects = Suspects(self._engine, self._durable, self._bounds.attempts, unfinished)
        await js.reset_consumer(self._stream, self._durable)
        log.info("consumer_leads", consumer=self._durable, pending=info.num_pending)

    async def _hand_over(self) -> None:
        """Give back what was handed out and not handled, so that nobody takes it for the cause of a crash."""
        with suppress(Exception):
            await self._nats.flush(timeout=HAND_OVER_SECONDS)
            await jetstream(self._nats).reset_consumer(self._stream, self._durable)

    async def _consume(self, feed: Feed, processor: Processor) -> None:
        while not self._stopping:
            events = await processor.read(await feed.take())
            if self._suspects:
                events = await self._suspects.handle(processor, events)
            await processor.handle(events)
            self._recovered()

    def _recovered(self) -> None:
        self._trouble = None
        self._backoff.reset()

    def _config(self) -> ConsumerConfig:
        return ConsumerConfig(
            durable_name=self._durable,
            filter_subjects=list(self._subjects),
            deliver_policy=DeliverPolicy.ALL,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._bounds.ack_wait,
            max_ack_pending=self._bounds.max_ack_pending,
        )

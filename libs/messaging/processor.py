"""What happens to a batch of deliveries until each of them is acknowledged."""

import asyncio
from collections.abc import Iterable, Sequence
from types import TracebackType

from nats.aio.msg import Msg

from libs.messaging.backoff import Backoff
from libs.messaging.bounds import Bounds
from libs.messaging.burial import REDRIVEN_FOR, Burial
from libs.messaging.effects import Effects
from libs.messaging.event import InvalidMessage
from libs.messaging.failures import FailureClass, class_of
from libs.messaging.feed import Feed
from libs.messaging.handlers import Handler, Handlers, calls_of
from libs.messaging.lanes import Lanes
from libs.messaging.received import Received, received_of, unreadable_of
from libs.telemetry import get_logger, meter

log = get_logger("libs.messaging")
consumed = meter().create_counter("retail.events.consumed", "{event}", "Events settled by a consumer")


class Processor:
    """Handles batches; when one fails, its keys go to lanes of their own and are worked on event by event."""

    def __init__(
        self, feed: Feed, effects: Effects, burial: Burial, handlers: Handlers, bounds: Bounds
    ) -> None:
        self._feed = feed
        self._effects = effects
        self._burial = burial
        self._handlers = handlers
        self._bounds = bounds
        self._slots = asyncio.Semaphore(bounds.lanes)
        self._lanes = Lanes(self._settle, lambda error: feed.fail(f"a lane failed: {error!r}"))
        self.trouble: BaseException | None = None

    async def __aenter__(self) -> "Processor":
        await self._lanes.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._lanes.__aexit__(kind, error, trace)

    async def read(self, messages: Iterable[Msg]) -> list[Received]:
        """The events that concern this consumer; the rest is acknowledged, or buried if it is no event."""
        events: list[Received] = []
        ignored: list[Received] = []
        for message in messages:
            try:
                event = received_of(message)
            except InvalidMessage as error:
                await self.bury(unreadable_of(message), FailureClass.INVALID, error, attempts=1)
                continue
            (events if self._concerns(event) else ignored).append(event)
        await self._acknowledge(ignored)
        return events

    def _concerns(self, event: Received) -> bool:
        redriven_for = event.headers.get(REDRIVEN_FOR)
        return event.type in self._handlers and redriven_for in (None, self._effects.consumer)

    async def handle(self, events: Iterable[Received]) -> None:
        """Returns when each event has taken effect or is in the lane of its key."""
        for handler, call in calls_of(self._handlers, events):
            free = [event for event in call if not self._lanes.hold(event)]
            if free:
                await self._handle_call(handler, free)

    async def _handle_call(self, handler: Handler, events: Sequence[Received]) -> None:
        backoff = Backoff(self._bounds.first_backoff, self._bounds.longest_backoff)
        while True:
            try:
                await self._effects.apply(handler, events)
            except Exception as error:
                if class_of(error) is not FailureClass.UNAVAILABLE:
                    log.warning("batch_taken_apart", events=len(events), error_type=type(error).__name__)
                    for event in events:
                        self._lanes.put(event)
                    return
                self.trouble = error
                self._feed.check()
            else:
                self.trouble = None
                await self._acknowledge(events)
                return
            await asyncio.sleep(backoff.next())

    async def _settle(self, event: Received) -> None:
        """Try one event until it takes effect or its attempts are used up; outages do not use any up."""
        backoff = Backoff(self._bounds.first_backoff, self._bounds.longest_backoff)
        attempts = 0
        while True:
            error = await self._attempt(event)
            if error is None:
                await self._acknowledge([event])
                return
            category = class_of(error)
            attempts += category is not FailureClass.UNAVAILABLE
            if category is FailureClass.INVALID or attempts >= self._bounds.attempts:
                await self.bury(event, category, error, attempts)
                return
            await asyncio.sleep(backoff.next())

    async def _attempt(self, event: Received) -> Exception | None:
        async with self._slots:
            try:
                await self._effects.apply(self._handlers[event.type], [event])
            except Exception as error:
                return error
        return None

    async def bury(
        self, event: Received, category: FailureClass, error: BaseException, attempts: int
    ) -> None:
        await self._burial.bury(event, category, error, attempts)
        await self._acknowledge([event])

    async def _acknowledge(self, events: Sequence[Received]) -> None:
        if events:
            await self._feed.acknowledge(event.reply for event in events)
            consumed.add(len(events), {"consumer": self._effects.consumer})

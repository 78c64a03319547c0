"""The stream of events that the broker hands to one durable pull consumer."""

import asyncio
import json
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from libs.messaging.bounds import Bounds

EXPIRES_SECONDS = 10.0
SILENCE_SECONDS = EXPIRES_SECONDS + 5.0
LOOK_SECONDS = 1.0
NANOSECONDS = 1_000_000_000

ACKNOWLEDGED = b"+ACK"
IN_PROGRESS = b"+WPI"
REQUEST_EXPIRED = "408"
REQUEST_IDLE = ("404", "100")


class FeedBroken(Exception):
    """The broker may have handed out messages that never arrived; the consumer has to begin anew."""


class Feed:
    """Asks for messages ahead of need, keeps the broker waiting while they are worked on, acknowledges them.

    The client library's own fetch starts two tasks for each message; this asks with the same request and
    takes the messages as they come.
    """

    def __init__(self, nats: Client, stream: str, durable: str, bounds: Bounds) -> None:
        self._nats = nats
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"
        self._inbox = nats.new_inbox()
        self._batch = bounds.batch
        self._sign_of_life_seconds = bounds.ack_wait / 3
        self._requested = 0
        self._waiting: deque[Msg] = deque()
        self._unacknowledged: dict[str, None] = {}
        self._changed = asyncio.Event()
        self._broken = ""

    async def __aenter__(self) -> "Feed":
        self._reconnects = self._nats.stats["reconnects"]
        self._heard = asyncio.get_running_loop().time()
        self._subscription: Subscription = await self._nats.subscribe(
            # No limit of the library's: it would drop messages, and `_ask` bounds them already.
            self._inbox,
            cb=self._arrived,
            pending_bytes_limit=0,
        )
        self._signs_of_life = asyncio.create_task(self._give_signs_of_life())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signs_of_life.cancel()
        with suppress(Exception):
            await self._subscription.unsubscribe()

    def interrupt(self) -> None:
        """Make `take` raise `FeedBroken`: the consumer stops or another has taken over."""
        self.fail("interrupted")

    def fail(self, reason: str) -> None:
        self._broken = reason
        self._changed.set()

    async def take(self) -> list[Msg]:
        """The messages that are there, at most a batch; waits for the first. Raises `FeedBroken`."""
        await self._ask()
        while not self._waiting:
            self._changed.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)
            self.check()
            await self._ask()
        self.check()
        return [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]

    async def acknowledge(self, replies: Iterable[str]) -> None:
        """An acknowledgement that gets lost costs a redelivery, which the inbox recognises."""
        for reply in replies:
            self._unacknowledged.pop(reply, None)
            await self._nats.publish(reply, ACKNOWLEDGED)

    async def _ask(self) -> None:
        if self._requested + len(self._waiting) < self._batch:
            request = {"batch": self._batch, "expires": int(EXPIRES_SECONDS * NANOSECONDS)}
            await self._nats.publish(self._next, json.dumps(request).encode(), reply=self._inbox)
            self._requested += self._batch

    async def _arrived(self, message: Msg) -> None:
        if message.reply:
            self._requested -= 1
            self._unacknowledged[message.reply] = None
            self._waiting.append(message)
        else:
            self._take_note(message.headers or {})
        self._changed.set()

    def _take_note(self, headers: dict[str, str]) -> None:
        """A status instead of a message: the request has ended, for the reason it gives."""
        status = headers.get("Status", "")
        if status == REQUEST_EXPIRED:
            self._requested -= int(headers.get("Nats-Pending-Messages", self._requested))
        elif status not in REQUEST_IDLE:
            self._broken = f"{status} {headers.get('Description', '')}"

    def check(self) -> None:
        """Raises `FeedBroken` when messages may have been lost, or when nobody wants them any more."""
        now = asyncio.get_running_loop().time()
        if self._changed.is_set():
            self._heard = now
        if self._broken:
            raise FeedBroken(self._broken)
        if self._nats.stats["reconnects"] != self._reconnects or not self._nats.is_connected:
            raise FeedBroken("the connection to the broker was lost")
        if now - self._heard > SILENCE_SECONDS:
            raise FeedBroken("the broker does not answer")

    async def _give_signs_of_life(self) -> None:
        while True:
            await asyncio.sleep(self._sign_of_life_seconds)
            for reply in list(self._unacknowledged):
                with suppress(Exception):
                    await self._nats.publish(reply, IN_PROGRESS)

"""Sends a planned day to the gateways, as fast as wanted, and keeps count of what they answered."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from services.sandbox.domain.messages import Day, Fate, Message

UNEXPECTED_KEPT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One HTTP request."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """The last answer to a delivery; status 0 when nobody ever answered."""

    status: int
    attempts: int


class Sender(Protocol):
    async def send(self, delivery: Delivery) -> Answer:
        """Sends until it is answered for good, or until the sender gives up."""
        ...


@dataclass(slots=True)
class Progress:
    """Counts while a day is played; read at any time."""

    total: int
    done: int = 0
    sent_by_kind: Counter[str] = field(default_factory=Counter)
    answers: Counter[int] = field(default_factory=Counter)
    """Messages by the status of their last answer."""
    retries: int = 0
    unexpected: list[str] = field(default_factory=list)
    """Answers that do not fit the fate of their message: the first few, in words."""
    unexpected_count: int = 0

    def record(self, message: Message, answer: Answer) -> None:
        self.done += 1
        self.sent_by_kind[message.kind] += 1
        self.answers[answer.status] += 1
        self.retries += answer.attempts - 1
        if not fits(message.fate, answer.status):
            self.unexpected_count += 1
            if len(self.unexpected) < UNEXPECTED_KEPT:
                self.unexpected.append(
                    f"{message.kind} {message.event_id}: {message.fate} answered {answer.status}"
                )


def fits(fate: Fate, status: int) -> bool:
    """What is quarantined may be taken and set aside, or turned away as unreadable."""
    accepted, turned_away = 200 <= status < 300, 400 <= status < 500
    if fate is Fate.REFUSED:
        return turned_away
    return accepted or (fate is Fate.QUARANTINED and turned_away)


async def play_day(
    day: Day,
    *,
    delivery_of: Callable[[Message], Delivery],
    sender: Sender,
    register: Callable[[Message], None],
    progress: Progress,
    concurrency: int,
    speed: float,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Plays all messages in the order of sending, up to ``concurrency`` of them under way.

    A message waits for the answer to the one before it of its own order or till, so only those that the plan
    made late arrive late. ``speed`` is the real-time factor, 0 for as fast as possible. ``register`` is told
    of each message before it is sent: storefront and tills know what they did even when nobody hears of it.
    """
    clock = asyncio.get_running_loop().time
    started = clock()
    slots = asyncio.Semaphore(concurrency)
    last_of_lane: dict[str, asyncio.Task[None]] = {}

    async def deliver(message: Message, before: asyncio.Task[None] | None) -> None:
        try:
            if before is not None:
                await before
            register(message)
            progress.record(message, await sender.send(delivery_of(message)))
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        for message in day.messages:
            if speed:
                planned = (message.send_at - day.messages[0].send_at).total_seconds() / speed
                await sleep(max(0.0, started + planned - clock()))
            await slots.acquire()
            before = last_of_lane.get(message.lane)
            last_of_lane[message.lane] = group.create_task(deliver(message, before))

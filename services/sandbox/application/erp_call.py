"""One call to the stand-in ERP: a slot, some time, perhaps a fault, perhaps an answer held back."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from services.sandbox.domain.erp_condition import RETRY_AFTER_SECONDS, Condition, Fault

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; with ``broken`` the connection ends instead."""

    status: int
    body: Body
    retry_after: int = 0
    broken: bool = False


@dataclass(slots=True)
class Hold:
    """Holds back the answers to writes of one route whose external key contains a text.

    The write is done, the answer waits: the moment at which a caller can be killed for a test.
    """

    route: str = ""
    key_contains: str = ""
    active: bool = False
    waiting: list[str] = field(default_factory=list)
    """External keys whose answers are held back now."""
    _released: asyncio.Event = field(default_factory=asyncio.Event)
    _broken: bool = False

    def begin(self, route: str, key_contains: str) -> None:
        """Replaces a hold that is active; what it held back is answered."""
        self._released.set()
        self._released = asyncio.Event()
        self.route, self.key_contains, self.active, self._broken = route, key_contains, True, False

    def release(self, *, broken: bool) -> None:
        """Answers what is held back, or breaks those connections."""
        self.active, self._broken = False, broken
        self._released.set()

    async def wait(self, route: str, external_key: str) -> bool:
        """True when the answer must not arrive."""
        if not self.active or route != self.route or self.key_contains not in external_key:
            return False
        self.waiting.append(external_key)
        try:
            await self._released.wait()
            return self._broken
        finally:
            self.waiting.remove(external_key)


async def erp_call(
    condition: Condition,
    hold: Hold,
    *,
    route: str,
    writes: bool,
    work: Callable[[], tuple[Reply, str]],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Reply:
    """Runs ``work``, which answers with the reply and the external key it is about.

    A held answer keeps its slot, as a slow ERP would.
    """
    if not condition.take_slot():
        return error(429, "too many calls at once", retry_after=RETRY_AFTER_SECONDS)
    try:
        call = condition.begin(route)
        seconds = condition.seconds_of(call)
        fault = condition.fault_of(call, writes=writes)
        await sleep(seconds / 2)
        if fault is Fault.FAILED_BEFORE:
            return error(503 if call % 2 else 500, "nothing was written")
        reply, external_key = work()
        held_for_good = writes and await hold.wait(route, external_key)
        await sleep(seconds / 2)
        return lost(reply, Fault.ANSWER_LOST if held_for_good else fault)
    finally:
        condition.free_slot()


def lost(reply: Reply, fault: Fault) -> Reply:
    if fault is Fault.ANSWER_LOST:
        return Reply(reply.status, {}, broken=True)
    if fault is Fault.ANSWER_TIMED_OUT:
        return error(504, "the ERP did not answer in time")
    return reply


def error(status: int, message: str, retry_after: int = 0) -> Reply:
    return Reply(status, {"error": {"code": str(status), "message": message}}, retry_after)

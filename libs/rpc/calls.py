"""What is known about the call being served: who asks, until when, and why it may be refused."""

import time
from contextvars import ContextVar
from typing import NamedTuple

from libs.rpc.reasons import Reasons


class Call(NamedTuple):
    caller: str
    deadline: float | None
    """On the clock of `time.monotonic`; None for a stream that its client did not limit."""
    reasons: Reasons


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)


def caller() -> str:
    """The workload that called, such as ``order``; empty outside a call."""
    call = current_call.get()
    return call.caller if call else ""


def remaining_seconds() -> float | None:
    """Time left for the call being served, never negative; None without a deadline or outside a call."""
    call = current_call.get()
    return max(0.0, call.deadline - time.monotonic()) if call and call.deadline is not None else None

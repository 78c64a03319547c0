"""What a mesh is made of."""

import time
from pathlib import Path
from signal import Signals
from typing import Protocol

from libs.stack.errors import PartFailed
from libs.stack.processes import Record

READY_POLL_SECONDS = 0.01


class Part(Protocol):
    """PostgreSQL, NATS or a service: something that is started as a process and says when it is ready."""

    name: str
    log: Path
    stop_signal: Signals

    def spawn(self) -> Record:
        """Start the process; what it needs on disk is made first."""
        ...

    def is_ready(self, record: Record) -> bool:
        """Whether it answers now; never raises."""
        ...


def wait_ready(part: Part, record: Record, timeout: float) -> None:
    """Return once the part is ready. Raises PartFailed when it ends before, or is not ready in time."""
    deadline = time.monotonic() + timeout
    while not part.is_ready(record):
        if not record.is_alive():
            raise PartFailed(part.name, "ended while starting", part.log)
        if time.monotonic() > deadline:
            raise PartFailed(part.name, f"was not ready within {timeout:.0f} s", part.log)
        time.sleep(READY_POLL_SECONDS)

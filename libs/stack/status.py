"""How a part of the mesh is doing."""

from dataclasses import dataclass, replace
from typing import Literal

from libs.stack.part import Part
from libs.stack.processes import Record, memory_of, uptime_of


@dataclass(frozen=True, slots=True)
class PartStatus:
    """``ready`` answers, ``live`` runs without being ready, ``dead`` does not run.

    A part that someone else runs (DATABASE_URL, NATS_URL) has no pid, uptime or memory.
    """

    name: str
    condition: Literal["ready", "live", "dead"]
    address: str
    http_address: str = ""
    database: str = ""
    pid: int | None = None
    uptime_seconds: float | None = None
    memory_bytes: int | None = None


def status_of(part: Part, record: Record | None, dead: PartStatus) -> PartStatus:
    process = record.process() if record else None
    if record is None or process is None:
        return dead
    return replace(
        dead,
        condition="ready" if part.is_ready(record) else "live",
        pid=record.pid,
        uptime_seconds=round(uptime_of(process), 1),
        memory_bytes=memory_of(process),
    )

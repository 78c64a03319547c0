"""Plans a day on command, plays it on command, and tells how far it is."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

from services.sandbox.application.play_day import Progress
from services.sandbox.domain.messages import Day
from services.sandbox.domain.refusals import Refused, Unknown, Untimely


class Stage(StrEnum):
    IDLE = "idle"
    PLANNING = "planning"
    PLANNED = "planned"
    PLAYING = "playing"
    PLAYED = "played"
    STOPPED = "stopped"
    FAILED = "failed"


BUSY = frozenset({Stage.PLANNING, Stage.PLAYING})


@dataclass(slots=True)
class DayDesk:
    """One day at a time; a day that was planned stays until the next one is."""

    stage: Stage = Stage.IDLE
    day: Day | None = None
    progress: Progress = field(default_factory=lambda: Progress(total=0))
    failure: str = ""
    _task: asyncio.Task[None] | None = None
    _started: float = 0.0
    _ended: float | None = 0.0

    @property
    def seconds(self) -> float:
        """How long the play took, or takes so far."""
        now = asyncio.get_running_loop().time() if self._ended is None else self._ended
        return now - self._started

    async def plan(self, planner: Callable[[], Day]) -> Day:
        """Runs ``planner`` in a thread: it may take seconds. Raises what it refuses."""
        self._refuse_when_busy()
        self.stage, self.failure = Stage.PLANNING, ""
        try:
            day = await asyncio.to_thread(planner)
        except Exception as error:
            self.stage = Stage.FAILED
            self.failure = error.message if isinstance(error, Refused) else type(error).__name__
            raise
        self.day, self.progress, self.stage = day, Progress(total=len(day.messages)), Stage.PLANNED
        return day

    def start(self, play: Callable[[Day, Progress], Awaitable[None]]) -> None:
        """Begins to play the planned day, from the start. Raises `Untimely` when there is none."""
        self._refuse_when_busy()
        day = self.planned()
        self.progress, self.stage, self.failure = Progress(total=len(day.messages)), Stage.PLAYING, ""
        self._task = asyncio.create_task(self._play(play(day, self.progress)), name="play-day")

    async def stop(self) -> None:
        """Ends the play; what was sent was sent."""
        if self._task and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    def planned(self) -> Day:
        if self.day is None:
            raise Unknown("no day is planned")
        return self.day

    def _refuse_when_busy(self) -> None:
        if self.stage in BUSY:
            raise Untimely(f"a day is {self.stage}")

    async def _play(self, playing: Awaitable[None]) -> None:
        clock = asyncio.get_running_loop().time
        self._started, self._ended = clock(), None
        try:
            await playing
            self.stage = Stage.PLAYED
        except asyncio.CancelledError:
            self.stage = Stage.STOPPED
            raise
        except Exception as error:
            self.stage, self.failure = Stage.FAILED, repr(error)
        finally:
            self._ended = clock()

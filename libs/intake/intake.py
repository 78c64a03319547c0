"""The intake of one gateway, put together from its settings."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from libs.database import engine_of, ping
from libs.intake.desk import Desk, Read
from libs.intake.protos import Announcements
from libs.intake.reception import Reception
from libs.intake.refused import RefusedCounter
from libs.intake.retention import forget
from libs.intake.settings import IntakeSettings
from libs.intake.worker import Apply, Worker
from libs.lifecycle import Closing, Every, Part
from libs.rpc import Readiness


def utc_now() -> datetime:
    return datetime.now(UTC)


class Intake:
    """``engine`` serves arrivals and operators, ``worker_engine`` the worker: each has its own connections.

    ``read`` judges the corrected bodies of operators.
    """

    def __init__(
        self,
        settings: IntakeSettings,
        announcements: Announcements,
        read: Read,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._announcements = announcements
        self._now = now
        self.engine = engine_of(settings)
        self.worker_engine = engine_of(settings, settings.worker_pool_size)
        self.refused = RefusedCounter(self.engine)
        self.reception = Reception(
            self.engine,
            announcements,
            now,
            max_batch=settings.intake_store_batch,
            max_queue=settings.intake_store_waiting,
        )
        patience = timedelta(seconds=settings.resubmit_patience)
        self.desk = Desk(self.engine, announcements, read, patience=patience)

    @property
    def engines(self) -> tuple[Part, ...]:
        """To be listed before whatever uses the database."""
        return Closing(self.engine.dispose), Closing(self.worker_engine.dispose)

    def worker(self, apply: Apply) -> Worker:
        return Worker(
            self.worker_engine,
            apply,
            self._announcements,
            self._settings.intake_limits(),
            application_name=self._settings.service,
            now=self._now,
        )

    def parts(self, worker: Worker) -> tuple[Part, ...]:
        """To be listed after what ``worker`` uses and before the servers."""
        purge = Every(self._settings.purge_interval, self._purge, name="purge")
        return purge, worker, self.refused, self.reception

    def readiness(self, worker: Worker) -> Readiness:
        """What stands behind the gateway may be away: messages are stored all the same."""

        async def works() -> bool:
            return worker.healthy()

        return Readiness({"database": lambda: ping(self.engine), "worker": works})

    async def _purge(self) -> None:
        kept = timedelta(days=self._settings.bodies_kept_days)
        answers = timedelta(days=self._settings.answers_kept_days)
        batch = self._settings.purge_batch
        await forget(self.worker_engine, self._now(), bodies_kept=kept, answers_kept=answers, batch=batch)

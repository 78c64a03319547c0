"""Settings that every gateway with an intake has."""

from datetime import timedelta

from pydantic import Field

from libs.intake.limits import Limits
from libs.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """Durations are seconds unless the name says otherwise."""

    worker_pool_size: int = Field(default=3, ge=1, le=50)
    """Connections of the worker; storing has ``database_pool_size`` of its own."""
    intake_store_batch: int = Field(default=100, ge=1, le=1000)
    """Messages stored in one transaction."""
    intake_store_waiting: int = Field(default=1000, ge=1, le=100_000)
    """Messages waiting to be stored, beyond which a sender is asked to come back."""
    intake_batch: int = Field(default=200, ge=1, le=1000)
    """Messages applied together."""
    intake_batch_bytes: int = Field(default=16 * 1024 * 1024, ge=1)
    """Bytes of their bodies; a larger message is applied alone."""
    intake_attempts: int = Field(default=5, ge=1, le=50)
    """Attempts that fail in an unforeseen way before a message is set aside."""
    intake_waiting_age: float = Field(default=6 * 3600.0, gt=0)
    """How long a message waits for its document before it is set aside."""
    intake_first_backoff: float = Field(default=0.5, gt=0)
    intake_longest_backoff: float = Field(default=30.0, gt=0)
    intake_longest_pause: float = Field(default=5.0, gt=0)
    """Between attempts while a service behind is away."""
    intake_sweep: float = Field(default=5.0, gt=0)
    """How often due messages are looked for without having been announced."""
    resubmit_patience: float = Field(default=5.0, gt=0)
    """How long ``ResubmitMessage`` waits for the worker before it answers."""

    bodies_kept_days: float = Field(default=90.0, gt=0)
    """How long the bodies of settled messages are kept: they hold personal data."""
    answers_kept_days: float = Field(default=7.0, gt=0)
    """How long a repeat of an operator's request gets the first answer."""
    purge_interval: float = Field(default=600.0, gt=0)
    purge_batch: int = Field(default=5_000, ge=1, le=100_000)

    def intake_limits(self) -> Limits:
        return Limits(
            batch=self.intake_batch,
            batch_bytes=self.intake_batch_bytes,
            attempts=self.intake_attempts,
            waiting_age=timedelta(seconds=self.intake_waiting_age),
            first_backoff=timedelta(seconds=self.intake_first_backoff),
            longest_backoff=timedelta(seconds=self.intake_longest_backoff),
            longest_pause=timedelta(seconds=self.intake_longest_pause),
            sweep=timedelta(seconds=self.intake_sweep),
        )

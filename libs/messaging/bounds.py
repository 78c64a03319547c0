"""How much a consumer takes on at once, and how long it tries."""

from dataclasses import dataclass
from typing import Protocol


class ConsumerSettings(Protocol):
    """The fields of a service's settings that bound its consumers."""

    @property
    def consumer_batch(self) -> int: ...
    @property
    def consumer_max_ack_pending(self) -> int: ...
    @property
    def consumer_lanes(self) -> int: ...
    @property
    def consumer_attempts(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of one consumer; times in seconds."""

    batch: int = 500
    """Events in one transaction."""
    max_ack_pending: int = 2_000
    """Events handed out by the broker and not yet acknowledged; so many may wait behind failing keys."""
    lanes: int = 8
    """Keys handled at the same time once they left the batches."""
    attempts: int = 5
    """Attempts of one event before it becomes a dead letter; outages do not count."""
    first_backoff: float = 0.2
    longest_backoff: float = 10.0
    ack_wait: float = 30.0
    """Silence after which the broker hands an event to somebody else; longer work sends signs of life."""

    @classmethod
    def of(cls, settings: ConsumerSettings) -> "Bounds":
        return cls(
            batch=settings.consumer_batch,
            max_ack_pending=settings.consumer_max_ack_pending,
            lanes=settings.consumer_lanes,
            attempts=settings.consumer_attempts,
        )

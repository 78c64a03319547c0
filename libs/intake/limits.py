"""Bounds of storing and applying; services set them from their settings."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    batch: int = 200
    """Messages applied together."""
    batch_bytes: int = 16 * 1024 * 1024
    """Bytes of their bodies; a larger message is applied alone."""
    attempts: int = 5
    """Attempts that fail in an unforeseen way before the message is set aside."""
    waiting_age: timedelta = timedelta(hours=6)
    """How long a message may wait for its document before it is set aside."""
    first_backoff: timedelta = timedelta(milliseconds=500)
    longest_backoff: timedelta = timedelta(seconds=30)
    longest_pause: timedelta = timedelta(seconds=5)
    """Between attempts while a service behind cannot be reached."""
    sweep: timedelta = timedelta(seconds=5)
    """How often due messages are looked for without having been announced."""

    def backoff(self, attempts: int, chance: float) -> timedelta:
        """Doubles with each attempt up to the longest; ``chance`` (0 to 1) spreads it over its upper half."""
        whole: timedelta = min(self.first_backoff * 2 ** min(attempts, 20), self.longest_backoff)
        return whole * (0.5 + chance / 2)

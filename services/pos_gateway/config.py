"""What the POS gateway can be told by its environment."""

from pydantic import Field

from libs.intake import IntakeSettings


class Settings(IntakeSettings):
    """Beyond the settings that all gateways share. Durations are seconds unless the name says otherwise."""

    service: str = "pos_gateway"

    till_secrets: list[str] = Field(default_factory=list, max_length=2, repr=False)
    """JSON list of the tills' secret, two while it is being rotated; without any, every file is refused."""
    file_body_limit: int = Field(default=8 * 1024 * 1024, ge=1024, le=64 * 1024 * 1024)
    """Bytes of a file; an hour of a till has some hundred kilobytes."""
    file_body_seconds: float = Field(default=15.0, gt=0)
    """Time for a body to arrive: stores have thin lines."""

    till_journal_url: str = ""
    """The tills' own journal; empty when it cannot be read."""
    till_journal_timeout: float = Field(default=8.0, gt=0)

    original_wait: float = Field(default=2 * 3600.0, ge=0)
    """How long a return waits for the receipt it names; then it is recorded without it. Tills send hourly."""
    steps_at_once: int = Field(default=32, ge=1, le=1000)
    """Transactions whose calls are under way."""
    place_batch: int = Field(default=100, ge=1, le=1000)
    """Sales in one call."""

    identifiers_cached: int = Field(default=200_000, ge=1)
    identifiers_ttl: float = Field(default=60.0, gt=0)
    identifiers_missing_ttl: float = Field(default=2.0, ge=0)
    """How soon a product that was unknown is asked for again."""

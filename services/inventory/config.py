"""What inventory can be told by its environment."""

from pydantic import Field

from libs.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beyond the settings that all services share. Durations are seconds."""

    service: str = "inventory"

    reservation_ttl: float = Field(default=900.0, gt=0)
    """How long a promise holds without its order being recorded, when the request does not say."""
    expiry_interval: float = Field(default=5.0, gt=0)
    """Pause between two sweeps for promises that have lapsed."""
    expiry_batch: int = Field(default=200, ge=1, le=5_000)
    """Orders whose lapsed promises are given back in one transaction."""

    batch_calls: int = Field(default=256, ge=1, le=2_000)
    """Commands carried out in one transaction."""
    batch_lines: int = Field(default=5_000, ge=1, le=100_000)
    """Lines of those commands; a single command may have more."""
    batch_waiting: int = Field(default=2_048, ge=1, le=100_000)
    """RPCs of one kind waiting to be carried out, beyond which they are refused as overload."""
    write_pool_size: int = Field(default=8, ge=2, le=100)
    """Connections for writing; reads have ``database_pool_size`` of their own."""

    most_locked_locations: int = Field(default=8, ge=1, le=1_000)
    """With more locations that may supply an order, a plan is made first and only what it takes is locked."""
    most_levels: int = Field(default=20_000, ge=1, le=200_000)
    """Levels in one answer; a question about more is refused."""
    places_refresh: float = Field(default=2.0, gt=0)
    """How soon a process follows rules and locations that another process has stored."""
    locations_ask_interval: float = Field(default=5.0, gt=0)
    """How long master data is not asked again about a location that it did not know."""

    answers_kept_days: float = Field(default=7.0, gt=0)
    """How long a repeat of a request gets the first answer."""
    events_noted_days: float = Field(default=15.0, gt=0)
    """How long a processed event is known as such; longer than any stream keeps it."""
    purge_interval: float = Field(default=60.0, gt=0)
    purge_batch: int = Field(default=10_000, ge=1, le=100_000)
    """Rows dropped in one transaction."""

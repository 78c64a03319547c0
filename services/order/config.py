"""What the order service can be told by its environment."""

from pydantic import Field

from libs.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beyond the settings that all services share."""

    service: str = "order"

    place_batch: int = Field(default=256, ge=1, le=1000)
    """Orders placed in one transaction."""
    place_queue: int = Field(default=4096, ge=1000, le=100_000)
    """Orders waiting to be placed, beyond which callers are told to come back; the largest bulk must fit."""
    place_concurrency: int = Field(default=2, ge=1, le=8)
    """Batches of orders being placed at the same time."""
    place_worthwhile: int = Field(default=32, ge=1, le=1000)
    """Orders that must wait for a batch to begin beside another: two small ones cost more than one."""

    article_cache_entries: int = Field(default=200_000, ge=1, le=5_000_000)
    location_cache_entries: int = Field(default=20_000, ge=1, le=1_000_000)
    catalogue_ttl: float = Field(default=60.0, gt=0)
    """Seconds for which master data is believed without asking again."""
    catalogue_missing_ttl: float = Field(default=2.0, ge=0)
    """The same for products and locations that master data does not know."""

    instruction_batch: int = Field(default=200, ge=1, le=1000)
    """Instructions to inventory carried out together."""
    instruction_interval: float = Field(default=1.0, gt=0)
    """Seconds between two looks for instructions that nobody has carried out."""
    instruction_retry: float = Field(default=5.0, gt=0)
    """Seconds until a failed instruction is tried again; doubled each time up to the limit."""
    instruction_retry_limit: float = Field(default=300.0, gt=0)

    refill_orders: int = Field(default=200, ge=1, le=10_000)
    """Orders that wait for stock and are sourced again for one piece of news about stock."""
    refill_interval: float = Field(default=30.0, gt=0)
    """Seconds between two looks for stock that no news has told of."""
    refill_skus: int = Field(default=500, ge=1, le=1000)
    """Products looked up in one such look."""

    answers_kept_days: float = Field(default=7.0, gt=0)
    """How long a repeat of a call gets the first answer; a placed order is known for ever."""
    notes_kept_days: float = Field(default=15.0, gt=14)
    """How long an event is known to be processed: longer than its stream keeps it."""
    purge_interval: float = Field(default=600.0, gt=0)
    """Seconds between two purges of older answers and notes."""
    purge_batch: int = Field(default=10_000, ge=1, le=100_000)
    """Rows dropped in one transaction."""

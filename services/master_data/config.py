"""What master data can be told by its environment."""

from pydantic import Field

from libs.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beyond the settings that all services share. Durations are seconds unless the name says otherwise."""

    service: str = "master_data"
    write_pool_size: int = Field(default=4, ge=1, le=100)
    """Connections for batches being written; reads have ``database_pool_size`` of their own."""
    answers_kept_days: float = Field(default=7.0, gt=0)
    """How long a repeat of a request gets the first answer."""
    purge_interval: float = Field(default=600.0, gt=0)
    """Pause between two purges of older answers."""
    purge_batch: int = Field(default=10_000, ge=1, le=100_000)
    """Answers dropped in one transaction."""

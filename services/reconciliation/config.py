"""What reconciliation can be told by its environment."""

from pydantic import Field

from libs.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beyond the settings that all services share."""

    service: str = "reconciliation"
    page_size: int = Field(default=500, ge=1, le=1000)
    """Documents read from a system by one call."""
    reads_at_once: int = Field(default=16, ge=1, le=1000)
    """Orders asked for one by one at the same time."""

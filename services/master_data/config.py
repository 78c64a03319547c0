"""What master data can be told by its environment."""

from pydantic import Field

from libs.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beyond the settings that all services share."""

    service: str = "master_data"
    write_pool_size: int = Field(default=4, ge=1, le=100)
    """Connections for batches being written; reads have ``database_pool_size`` of their own."""

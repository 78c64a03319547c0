"""What the ERP gateway can be told by its environment."""

from pydantic import Field

from libs.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beyond the settings that all services share."""

    service: str = "erp_gateway"
    erp: str = Field(default="sandbox", pattern="^(sandbox|tryton)$")
    """Which ERP is posted to."""
    erp_url: str = Field(default="", max_length=500)
    """Where the sandbox ERP is reached."""
    erp_token: str = Field(default="", max_length=500, repr=False)
    """The sandbox ERP's bearer token; a secret."""
    tryton_url: str = Field(default="", max_length=500)
    """Where Tryton is reached, without the database."""
    tryton_seed: str = Field(default="", max_length=500)
    """JSON file with Tryton's database, the user that posts, its password and the ids that a sale needs."""
    posting_slots: int = Field(default=0, ge=0, le=1000)
    """Calls that may run at once; 0 takes what suits the ERP: 15 for the sandbox, 2 for Tryton."""
    erp_answers_after_seconds: float = Field(default=0.0, ge=0, le=600)
    """Silence after which an answer counts as lost; 0 takes what suits the ERP."""
    erp_settle_seconds: float = Field(default=0.0, ge=0, le=3600)
    """How long a write whose answer was lost may still happen; 0 takes what suits the ERP."""
    lease_seconds: float = Field(default=10.0, gt=0, le=600)
    """A posting whose worker has not been heard of for so long is taken over by another."""
    stop_grace_seconds: float = Field(default=5.0, ge=0, le=600)
    """For postings under way when the service stops."""
    answers_kept_days: float = Field(default=7.0, gt=0)
    """How long a repeat of a request gets the first answer."""
    events_noted_days: float = Field(default=15.0, gt=0)
    """How long a processed event is known as such; longer than any stream keeps it."""
    purge_interval_seconds: float = Field(default=60.0, gt=0)
    purge_batch: int = Field(default=10_000, ge=1, le=100_000)
    """Rows dropped in one transaction."""
    longest_pause_seconds: float = Field(default=2.0, gt=0, le=60)
    """The backlog is looked through at least this often."""

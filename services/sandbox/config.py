"""What the stand-ins of the outside world can be told by their environment."""

from pydantic import Field

from libs.settings import ServiceSettings


class Settings(ServiceSettings):
    """Beyond the settings that all services share. The secrets' defaults are for development only."""

    service: str = "sandbox"
    state_dir: str = ""
    """Folder of what the outside world remembers; empty keeps it in memory."""

    webhooks_url: str = "http://127.0.0.1:7104"
    """Where the storefront sends its webhooks."""
    tills_url: str = "http://127.0.0.1:7105"
    """Where tills send their files."""
    shopify_shop: str = "retailmesh-demo.myshopify.com"
    shopify_secret: str = Field(default="development-shopify-secret", min_length=1, repr=False)
    till_secret: str = Field(default="development-till-secret", min_length=1, repr=False)

    erp_token: str = Field(default="development-erp-token", min_length=1, repr=False)
    erp_slots: int = Field(default=15, ge=1, le=1000)
    """Calls the ERP works on at once; one more is answered 429."""
    erp_failed_before: int = Field(default=20, ge=0, le=1000)
    """Thousandths of calls answered 500 or 503 with nothing written."""
    erp_answer_lost: int = Field(default=10, ge=0, le=1000)
    """Thousandths of writing calls whose answer is lost after the write."""
    erp_latency_least_ms: int = Field(default=5, ge=0, le=60_000)
    erp_latency_most_ms: int = Field(default=15, ge=0, le=60_000)
    erp_seed: str = "retailmesh"
    """Chooses which calls meet a fault."""

    play_concurrency: int = Field(default=16, ge=1, le=256)
    """Messages under way at once."""
    play_attempts: int = Field(default=60, ge=1, le=1000)
    """Tries of a message that nobody takes."""
    play_first_pause: float = Field(default=0.1, gt=0)
    play_longest_pause: float = Field(default=5.0, gt=0)
    play_timeout: float = Field(default=5.0, gt=0)
    """Seconds a receiver has for its answer, as at Shopify."""

    http_grace: float = Field(default=2.0, ge=0)

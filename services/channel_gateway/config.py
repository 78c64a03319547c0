"""What the channel gateway can be told by its environment."""

from typing import Annotated

from pydantic import Field

from libs.intake import IntakeSettings

Secrets = Annotated[list[str], Field(min_length=1, max_length=2)]


class Settings(IntakeSettings):
    """Beyond the settings that all gateways share. Durations are seconds unless the name says otherwise."""

    service: str = "channel_gateway"

    shopify_secrets: dict[Annotated[str, Field(min_length=1, max_length=56)], Secrets] = Field(
        default_factory=dict, repr=False
    )
    """JSON object of shop domain to its webhook secrets, two during a rotation. Other shops are refused."""
    webhook_body_limit: int = Field(default=6 * 1024 * 1024, ge=1024, le=32 * 1024 * 1024)
    """Bytes of a webhook; the longest orders have a few megabytes."""
    webhook_body_seconds: float = Field(default=5.0, gt=0)
    """Time for a body to arrive; Shopify itself gives up after five seconds."""

    storefront_url: str = ""
    """The storefront's API, such as https://shop.myshopify.com; empty when it cannot be read."""
    storefront_shop: str = ""
    """The shop behind it; empty for the only one in ``shopify_secrets``."""
    storefront_token: str = Field(default="", repr=False)
    storefront_timeout: float = Field(default=8.0, gt=0)

    order_wait: float = Field(default=120.0, ge=0)
    """How long a later message waits for its order; then it places it itself, or a refund goes without."""
    parcels_wait: float = Field(default=15.0, ge=0)
    """How long a refund waits for a parcel that may be under way."""
    state_wait: float = Field(default=600.0, ge=0)
    """How long a message waits that the order's state forbids, before it is set aside."""
    steps_at_once: int = Field(default=32, ge=1, le=1000)
    """Messages whose calls to the order service are under way."""
    place_batch: int = Field(default=100, ge=1, le=1000)
    """Orders in one call."""

    identifiers_cached: int = Field(default=200_000, ge=1)
    identifiers_ttl: float = Field(default=60.0, gt=0)
    identifiers_missing_ttl: float = Field(default=2.0, ge=0)
    """How soon a product that was unknown is asked for again."""

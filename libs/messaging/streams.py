"""The streams that events live in, one per domain, and the stream of dead letters."""

from collections.abc import Iterable

from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

DEADLETTER_STREAM = "RETAIL_DEADLETTER"
PREFIX = "RETAIL_"
DAY_SECONDS = 24 * 3600
DUPLICATE_WINDOW_SECONDS = 120
MAX_MESSAGES = 20_000_000
MAX_AGE_SECONDS = 14 * DAY_SECONDS
# A dead letter waits for a person.
DEADLETTER_MAX_AGE_SECONDS = 90 * DAY_SECONDS


async def ensure_streams(js: JetStreamContext, streams: Iterable[str], *, replicas: int = 1) -> None:
    """Make the named streams (``RETAIL_ORDER``) that are missing; a stream that exists keeps its limits.

    Safe to call from any number of services at once.
    """
    for name in streams:
        try:
            await js.stream_info(name)
        except NotFoundError:
            await js.add_stream(stream_config(name, replicas))


def stream_config(name: str, replicas: int) -> StreamConfig:
    """A full stream refuses new events, which then wait in the outbox, rather than drop unread ones."""
    if not name.startswith(PREFIX):
        raise ValueError(f"{name} is not a stream of retailmesh")
    return StreamConfig(
        name=name,
        subjects=[f"retail.{name.removeprefix(PREFIX).lower()}.v1.>"],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.NEW,
        max_msgs=MAX_MESSAGES,
        max_age=DEADLETTER_MAX_AGE_SECONDS if name == DEADLETTER_STREAM else MAX_AGE_SECONDS,
        duplicate_window=DUPLICATE_WINDOW_SECONDS,
        num_replicas=replicas,
        allow_atomic=True,
        allow_direct=True,
    )


def stream_of(domain: str) -> str:
    return f"{PREFIX}{domain.upper()}"


def durable_of(service: str, consumer: str) -> str:
    """The name of a service's consumer, at the broker and in its inbox."""
    return f"{service}-{consumer}"


def jetstream(nats: Client) -> JetStreamContext:
    return nats.jetstream(timeout=5)

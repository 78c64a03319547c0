"""Events as a service would record them; each argument replaces what a test does not care about."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from libs.messaging import Event

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACED = "retailmesh.order.v1.OrderPlaced"
CANCELLED = "retailmesh.order.v1.OrderCancelled"


def placed(
    key: str = "order-1",
    body: str = "",
    *,
    event_id: UUID | None = None,
    traceparent: str = "",
    fact: str = "placed",
) -> Event:
    """An event whose payload is a text that the test can recognise."""
    return Event(
        type=PLACED if fact == "placed" else CANCELLED,
        key=key,
        domain="order",
        noun="order",
        fact=fact,
        payload=body.encode(),
        id=event_id or uuid4(),
        time=NOON,
        traceparent=traceparent,
    )


def numbered(count: int, keys: int = 5) -> list[Event]:
    """``count`` events over ``keys`` keys, the body counting up."""
    return [placed(f"order-{number % keys}", str(number)) for number in range(count)]

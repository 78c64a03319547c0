"""What happened to orders, in the past tense."""

from dataclasses import dataclass
from datetime import datetime

from services.order.domain.order import Order
from services.order.domain.returns import Return
from services.order.domain.shipments import Shipment


@dataclass(frozen=True, slots=True)
class OrderReleased:
    """A held order is held no longer."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderHeld:
    order: Order
    comment: str


@dataclass(frozen=True, slots=True)
class OrderReallocated:
    """The promises of an order changed, because of ``cause``, a sentence."""

    order: Order
    cause: str


@dataclass(frozen=True, slots=True)
class OrderShipped:
    order: Order
    shipment: Shipment


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    order: Order
    reason: str
    cancelled_at: datetime


@dataclass(frozen=True, slots=True)
class OrderUpdated:
    order: Order


@dataclass(frozen=True, slots=True)
class ReturnRecorded:
    """``order`` is None for a return without its order."""

    channel: str
    returned: Return
    order: Order | None


OrderEvent = (
    OrderReleased
    | OrderHeld
    | OrderReallocated
    | OrderShipped
    | OrderCancelled
    | OrderUpdated
    | ReturnRecorded
)

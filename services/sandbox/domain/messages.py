"""What the outside world sends on the day, when, and what must become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.sandbox.domain.orders import OrderState, Refund
from services.sandbox.domain.people import Person
from services.sandbox.domain.places import Places
from services.sandbox.domain.receipts import CorrectionFile, Receipt, TillFile
from services.sandbox.domain.stock import StockPlan
from services.sandbox.domain.trade import Dataset, Product


class Kind(StrEnum):
    ORDER_CREATED = "order_created"
    ORDER_UPDATED = "order_updated"
    ORDER_CANCELLED = "order_cancelled"
    REFUND_CREATED = "refund_created"
    TILL_FILE = "till_file"
    CORRECTION_FILE = "correction_file"


class Defect(StrEnum):
    """What is wrong with a message."""

    BAD_SIGNATURE = "bad_signature"
    UNKNOWN_PRODUCT = "unknown_product"
    NEGATIVE_PRICE = "negative_price"
    TRUNCATED_BODY = "truncated_body"
    ENTITY_BOMB = "entity_bomb"
    TEST_ORDER = "test_order"


class Fate(StrEnum):
    """What the mesh must do with a message."""

    ACCEPTED = "accepted"
    HELD = "held"
    """Accepted; the order waits for a person."""
    DECLINED = "declined"
    """Accepted; the order is recorded and will not be delivered."""
    QUARANTINED = "quarantined"
    """Answered with success or refused as unreadable, kept, and without any effect."""
    REFUSED = "refused"
    """Answered with an error and without any effect: the sender is not who it claims to be."""


FATES = {
    Defect.BAD_SIGNATURE: Fate.REFUSED,
    Defect.UNKNOWN_PRODUCT: Fate.HELD,
    Defect.NEGATIVE_PRICE: Fate.QUARANTINED,
    Defect.TRUNCATED_BODY: Fate.QUARANTINED,
    Defect.ENTITY_BOMB: Fate.QUARANTINED,
    Defect.TEST_ORDER: Fate.DECLINED,
}

Content = OrderState | Refund | TillFile | CorrectionFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One delivery. Messages of one ``lane`` are sent in their order, each after the answer to the last."""

    kind: Kind
    lane: str
    at: datetime
    """When it happened."""
    send_at: datetime
    """When it is sent: later than it should be for a late one."""
    event_id: str
    """The same for all deliveries of one event."""
    delivery_id: str
    """The same for the retries of one delivery."""
    content: Content
    defect: Defect | None = None
    late: bool = False
    repeats: bool = False
    """True for the second sending of a message."""

    @property
    def fate(self) -> Fate:
        return FATES[self.defect] if self.defect else Fate.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What the outside world believes at the end of the day."""

    orders: Mapping[int, OrderState]
    """The last state of each storefront order, by id."""
    unmatched_refunds: tuple[Refund, ...]
    """Refunds of orders that were placed before the day."""
    receipts: tuple[Receipt, ...]
    """The tills' electronic journal, control transactions included."""
    corrections: tuple[CorrectionFile, ...]
    defects: Mapping[Defect, int]
    """Malformed messages by kind, repetitions included."""
    orders_with_unknown_product: frozenset[int]
    receipts_with_unknown_product: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A planned day: what to load first, what to send, and what is true afterwards."""

    dataset: Dataset
    seed: str
    places: Places
    people: Sequence[Person]
    stock: StockPlan
    messages: tuple[Message, ...]
    """In the order of sending."""
    truth: Truth

    @property
    def catalogue(self) -> Mapping[str, Product]:
        return self.dataset.products

"""What a story consists of. Nothing in it is personal data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The order as it is now. Amounts are decimal text with their currency."""

    order_id: str
    channel: str
    channel_order_id: str
    number: str
    kind: str
    state: str
    hold_reasons: Sequence[str]
    refusal_reason: str
    customer_id: str
    location_id: str
    region: str
    total: str
    tax: str
    shipping: str
    paid: str
    refunded: str
    placed_at: datetime
    recorded_at: datetime
    version: int
    trace_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A quantity of a line at a location: as the order has it, and as inventory keeps it."""

    location_id: str
    allocated: str
    reserved: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineStory:
    line_id: str
    sku: str
    channel_product: str
    title: str
    quantity: str
    unit_price: str
    total: str
    promises: Sequence[Promise]
    waiting: str
    sent: str
    taken_back: str


@dataclass(frozen=True, slots=True)
class Rejection:
    """Locations that lost for the same cause; ``lines`` are those that they could not supply."""

    cause: str
    locations: Sequence[str]
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sourcing:
    """Why the goods come from where they come from."""

    rule: str
    chosen: Sequence[str]
    rejected: Sequence[Rejection]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened.

    ``seconds`` is how long it took or how late it was, as ``measure`` says. ``reference`` names it to other
    commands and logs. ``trouble`` is true for what a person should look at.
    """

    at: datetime
    system: str
    kind: str
    what: str
    details: Sequence[str] = ()
    measure: str = ""
    seconds: float | None = None
    trace_id: str = ""
    reference: str = ""
    trouble: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """``header`` is None for what reached a gateway and never became an order.

    ``unreadable`` names the systems that could not be asked, and why: their part of the story is missing.
    """

    name: str
    header: Header | None
    lines: Sequence[LineStory] = ()
    sourcing: Sourcing | None = None
    timeline: Sequence[Entry] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)

    @property
    def trace_ids(self) -> list[str]:
        """All traces of the story, the order's own first."""
        own = self.header.trace_id if self.header else ""
        found = dict.fromkeys([own, *(entry.trace_id for entry in self.timeline)])
        return [trace_id for trace_id in found if trace_id]

    def described(self) -> dict[str, Any]:
        """As JSON; times are ISO 8601."""
        content: dict[str, Any] = plain(asdict(self))
        return content | {"trace_ids": self.trace_ids}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value

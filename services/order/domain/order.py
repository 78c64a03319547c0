"""A recorded order and what became of each of its lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from services.order.domain.kinds import ACCEPTED, HoldReason, OrderKind, OrderState, RefusalReason
from services.order.domain.refusals import LineUnknown
from services.order.domain.states import Command, Next, next_state
from services.order.domain.stock import Allocation, Goods


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Quantities are thousandths of ``unit``.

    Of what was ordered, a part is promised by locations, a part waits for stock (``short``), a part was
    shipped or handed over, a part was called off; the rest has not been sourced yet. ``returned`` counts
    what came back of the shipped part.
    """

    line_id: str
    sku: str
    unit: int
    stocked: bool
    ordered: int
    promised: Mapping[str, int]
    short: int = 0
    shipped: int = 0
    cancelled: int = 0
    returned: int = 0

    @property
    def outstanding(self) -> int:
        """What the customer still expects."""
        return self.ordered - self.shipped - self.cancelled

    @property
    def unpromised(self) -> int:
        """What of the outstanding quantity no location has promised."""
        return self.outstanding - sum(self.promised.values()) if self.stocked else 0

    @property
    def unreturned(self) -> int:
        """What may still be given back, whether it was sent or not."""
        return self.ordered - self.cancelled - self.returned

    def with_short(self) -> Self:
        """After sourcing, whatever is not promised waits for stock."""
        return replace(self, short=self.unpromised)


@dataclass(frozen=True, slots=True)
class Order:
    """Amounts are micros of ``currency``. ``document`` is the order as handed over and later corrected,
    ``sourcing`` inventory's account of its promises, ``shipments`` and ``returns`` what gateways told; all
    of these are opaque in here.
    """

    order_id: str
    channel: str
    channel_order_id: str
    customer_id: str
    kind: OrderKind
    state: OrderState
    hold_reasons: tuple[HoldReason, ...]
    overruled: frozenset[HoldReason]
    """Hold reasons that a person has decided to ignore."""
    refusal_reason: RefusalReason | None
    region: str
    location_id: str
    currency: str
    total: int
    paid_amount: int
    refunded: int
    paid: bool
    accepted: bool
    """Whether it was ever in a state in which the sale counts."""
    placed_at: datetime
    channel_version: datetime | None
    version: int
    trace_id: str
    recorded_at: datetime
    lines: tuple[OrderLine, ...]
    document: bytes
    sourcing: bytes
    shipments: tuple[bytes, ...]
    returns: tuple[bytes, ...]
    shipped_from: frozenset[str]
    """Locations that have sent goods."""

    def line(self, line_id: str) -> OrderLine:
        """Raises `LineUnknown`."""
        for line in self.lines:
            if line.line_id == line_id:
                return line
        raise LineUnknown(f"the order has no line {line_id}", line_id=line_id)

    def with_lines(self, changed: Sequence[OrderLine]) -> Self:
        by_id = {line.line_id: line for line in changed}
        return replace(self, lines=tuple(by_id.get(line.line_id, line) for line in self.lines))

    @property
    def allocations(self) -> tuple[Allocation, ...]:
        return tuple(
            Allocation(line.line_id, line.sku, location_id, milli, line.unit)
            for line in self.lines
            for location_id, milli in line.promised.items()
        )

    @property
    def shortages(self) -> tuple[Goods, ...]:
        return tuple(
            Goods(line.line_id, line.sku, line.short, line.unit) for line in self.lines if line.short
        )

    @property
    def state_by_content(self) -> OrderState:
        if self.hold_reasons:
            return OrderState.HELD
        if self.kind == OrderKind.TILL_SALE:
            return OrderState.COMPLETED
        expected = [line for line in self.lines if line.stocked] or self.lines
        if all(line.outstanding == 0 for line in expected):
            # Everything called off, bit by bit, is an order called off.
            return OrderState.COMPLETED if any(line.shipped for line in expected) else OrderState.CANCELLED
        if any(line.shipped for line in self.lines):
            return OrderState.PARTIALLY_SHIPPED
        if any(line.short for line in self.lines):
            return OrderState.BACKORDERED
        return OrderState.CONFIRMED

    def after(self, command: Command) -> Self:
        """The order in the state that ``command`` leads to, one version later. Raises `StateForbids`.

        Its hold reasons and lines must be those after the command already, its state the one before.
        """
        following = next_state(self.state, command)
        if following is Next.SAME:
            state = self.state
        elif following is Next.BY_CONTENT:
            state = self.state_by_content
        else:
            state = following
        return replace(
            self, state=state, version=self.version + 1, accepted=self.accepted or state in ACCEPTED
        )

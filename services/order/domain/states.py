"""The state machine of an order, as a table: state × command → next state. What is absent is refused."""

from enum import Enum

from services.order.domain.kinds import OrderState
from services.order.domain.refusals import StateForbids


class Command(Enum):
    SHIP = "ship"
    CANCEL = "cancel"
    RETURN = "return"
    HOLD = "hold"
    RELEASE = "release"
    UPDATE = "update"
    SOURCE = "source"
    """Promises of stock were gained or lost."""


class Next(Enum):
    """Next states that depend on more than state and command."""

    SAME = "same"
    BY_CONTENT = "by content"
    """What hold reasons and lines say, see `Order.state_by_content`."""


CONFIRMED, HELD, BACKORDERED = OrderState.CONFIRMED, OrderState.HELD, OrderState.BACKORDERED
PARTIALLY_SHIPPED, COMPLETED = OrderState.PARTIALLY_SHIPPED, OrderState.COMPLETED
CANCELLED, REFUSED = OrderState.CANCELLED, OrderState.REFUSED
SAME, BY_CONTENT = Next.SAME, Next.BY_CONTENT

TRANSITIONS: dict[tuple[OrderState, Command], OrderState | Next] = {
    (CONFIRMED, Command.SHIP): BY_CONTENT,
    (CONFIRMED, Command.CANCEL): CANCELLED,
    (CONFIRMED, Command.RETURN): BY_CONTENT,
    (CONFIRMED, Command.HOLD): HELD,
    (CONFIRMED, Command.UPDATE): SAME,
    (CONFIRMED, Command.SOURCE): BY_CONTENT,
    (BACKORDERED, Command.SHIP): BY_CONTENT,
    (BACKORDERED, Command.CANCEL): CANCELLED,
    (BACKORDERED, Command.RETURN): BY_CONTENT,
    (BACKORDERED, Command.HOLD): HELD,
    (BACKORDERED, Command.UPDATE): SAME,
    (BACKORDERED, Command.SOURCE): BY_CONTENT,
    (HELD, Command.CANCEL): CANCELLED,
    (HELD, Command.RETURN): SAME,
    (HELD, Command.HOLD): HELD,
    (HELD, Command.RELEASE): BY_CONTENT,
    (HELD, Command.UPDATE): BY_CONTENT,
    (HELD, Command.SOURCE): SAME,
    (PARTIALLY_SHIPPED, Command.SHIP): BY_CONTENT,
    (PARTIALLY_SHIPPED, Command.RETURN): BY_CONTENT,
    (PARTIALLY_SHIPPED, Command.UPDATE): SAME,
    (PARTIALLY_SHIPPED, Command.SOURCE): BY_CONTENT,
    # What is left of a completed order is without stock, such as a gift card: it is not waited for.
    (COMPLETED, Command.SHIP): SAME,
    (COMPLETED, Command.RETURN): SAME,
    (COMPLETED, Command.UPDATE): SAME,
    # Cancelling twice is the same wish; money may still have to be given back.
    (CANCELLED, Command.CANCEL): CANCELLED,
    (CANCELLED, Command.RETURN): SAME,
    (CANCELLED, Command.UPDATE): SAME,
    # A refused order was never sold here, but its channel may tell what became of it.
    (REFUSED, Command.CANCEL): SAME,
    (REFUSED, Command.RETURN): SAME,
    (REFUSED, Command.UPDATE): SAME,
}


def allows(state: OrderState, command: Command) -> bool:
    return (state, command) in TRANSITIONS


def next_state(state: OrderState, command: Command) -> OrderState | Next:
    """Raises `StateForbids`."""
    found = TRANSITIONS.get((state, command))
    if found is None:
        raise StateForbids(
            f"an order that is {state.name.lower()} cannot take the command {command.value}",
            state=f"ORDER_STATE_{state.name}",
            command=command.value,
        )
    return found

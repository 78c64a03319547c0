"""What one command comes to."""

from typing import NamedTuple

from services.inventory.domain.answers import Answer
from services.inventory.domain.events import StockEvent


class Outcome(NamedTuple):
    """The answer, and the events that tell others; a command that changed nothing has no event."""

    answer: Answer
    events: tuple[StockEvent, ...] = ()

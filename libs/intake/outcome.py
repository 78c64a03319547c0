"""What a batch use case answers for each message."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from libs.intake.message import Arrival, Problem, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The next state of a message, and what else follows from it.

    ``state`` is None when the message stays as it was, to be tried again.
    ``documents`` are business keys that exist or changed: messages that wait for one are tried at once.
    ``contains`` are messages found inside this one, stored together with this outcome.
    """

    state: State | None
    reason: str = ""
    problems: Sequence[Problem] = ()
    order_id: str = ""
    waits_for: str = ""
    patience: timedelta | None = None
    """How long it may wait, if not as long as the worker's limits say."""
    documents: Sequence[str] = ()
    contains: Sequence[Arrival] = ()
    postponed: bool = False
    """True when the attempt says nothing about the message: a service behind could not be reached."""

    @classmethod
    def apply(
        cls, order_id: str = "", *, documents: Sequence[str] = (), contains: Sequence[Arrival] = ()
    ) -> Self:
        return cls(state=State.APPLIED, order_id=order_id, documents=documents, contains=contains)

    @classmethod
    def ignore(cls, reason: str, order_id: str = "", *, documents: Sequence[str] = ()) -> Self:
        return cls(state=State.IGNORED, reason=reason, order_id=order_id, documents=documents)

    @classmethod
    def wait(cls, reason: str, waits_for: str, patience: timedelta | None = None) -> Self:
        """Tried again from time to time, and at once when the document ``waits_for`` exists or changes."""
        return cls(state=State.WAITING, reason=reason, waits_for=waits_for, patience=patience)

    @classmethod
    def quarantine(cls, reason: str, problems: Sequence[Problem] = (), order_id: str = "") -> Self:
        return cls(state=State.QUARANTINED, reason=reason, problems=problems, order_id=order_id)

    @classmethod
    def fail(cls, reason: str) -> Self:
        """An attempt that went wrong unforeseen; after a bounded number the message is set aside."""
        return cls(state=None, reason=reason)

    @classmethod
    def postpone(cls, reason: str) -> Self:
        """Nothing is wrong with the message: a service behind is unreachable or overloaded."""
        return cls(state=None, reason=reason, postponed=True)

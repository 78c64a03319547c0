"""What a service does with events, and how a mixed batch is cut into calls of it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.messaging.received import Received

T = TypeVar("T")

BatchHandler: TypeAlias = Callable[[AsyncConnection, Sequence[Received]], Awaitable[None]]
"""Takes effect in the transaction that also notes the events as processed; each event comes once."""


@dataclass(frozen=True, slots=True)
class Prepared(Generic[T]):
    """A handler that first does what must not happen inside a transaction, such as calling other services.

    ``prepare`` may run again for the same events, so its calls carry idempotency keys; its result is passed
    to ``handle``, whose events may be fewer than were prepared.
    """

    prepare: Callable[[Sequence[Received]], Awaitable[T]]
    handle: Callable[[AsyncConnection, Sequence[Received], T], Awaitable[None]]


Handler: TypeAlias = BatchHandler | Prepared[Any]
Handlers: TypeAlias = Mapping[str, Handler]
"""Full protobuf name of the event to its handler; other types are acknowledged and ignored."""


def calls_of(handlers: Handlers, events: Iterable[Received]) -> list[tuple[Handler, list[Received]]]:
    """Few calls of one handler each, in which the events of a key keep their order."""
    calls: list[tuple[Handler, list[Received]]] = []
    latest_call_of: dict[str, int] = {}
    for event in events:
        handler = handlers[event.type]
        position = latest_call_of.get(event.key, 0)
        while position < len(calls) and calls[position][0] is not handler:
            position += 1
        if position == len(calls):
            calls.append((handler, []))
        calls[position][1].append(event)
        latest_call_of[event.key] = position
    return calls

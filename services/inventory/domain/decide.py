"""Command → what it comes to, for a whole batch, in memory."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from libs.refusals import Refusal
from services.inventory.domain.book import Book
from services.inventory.domain.commands import (
    Adjust,
    Command,
    Count,
    Expire,
    Issue,
    Receive,
    Reinstate,
    Release,
    Reserve,
)
from services.inventory.domain.count import count
from services.inventory.domain.issue import adjust, issue
from services.inventory.domain.outcome import Outcome
from services.inventory.domain.receive import receive
from services.inventory.domain.release import expire, release
from services.inventory.domain.reserve import reinstate, reserve

DECISIONS: Mapping[type[Command], Callable[[Book, Any, datetime], Outcome]] = {
    Reserve: reserve,
    Release: release,
    Issue: issue,
    Receive: receive,
    Adjust: adjust,
    Count: count,
    Expire: expire,
    Reinstate: reinstate,
}


def decide(commands: Sequence[Command], book: Book, now: datetime) -> list[Outcome | Refusal]:
    """Carry the commands out in turn; each sees what those before it did, a refused one leaves no trace."""
    return [decide_one(command, book, now) for command in commands]


def decide_one(command: Command, book: Book, now: datetime) -> Outcome | Refusal:
    try:
        return DECISIONS[type(command)](book, command, now)
    except Refusal as refusal:
        return refusal

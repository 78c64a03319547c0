"""What all writing use cases share: one transaction for a batch of calls, each answered once and for ever."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from libs.database import is_unavailable, retry_conflicts, sqlstate_of
from libs.refusals import InvalidField, Refusal, RequestIdReused, Unavailable
from libs.telemetry import batch_span, get_logger
from services.inventory.application._meters import measure
from services.inventory.application.ports import Call, LevelsMissing, Store, Told, Transaction
from services.inventory.domain.book import Book
from services.inventory.domain.decide import decide
from services.inventory.domain.outcome import Outcome

log = get_logger(__name__)

Load = Callable[[Transaction, Sequence[Any]], Awaitable[Book]]
"""Locks and reads all that the commands may touch."""
Clock = Callable[[], datetime]
Result = bytes | Refusal | Exception

UNSTORABLE = "the request holds a value that cannot be stored"
# PostgreSQL's codes for data that it cannot hold, and for a lock or statement that took too long.
DATA_EXCEPTIONS = "22"
TIMEOUTS = ("57014", "55P03")


async def carry_out(
    store: Store, calls: Sequence[Call], *, rpc: str, load: Load, clock: Clock
) -> list[Result]:
    """Answer each call in order, with the serialised answer or with why there is none.

    A batch that fails for no passing reason is halved until the call is found that cannot be carried out, so
    that it fails alone. Raises `Unavailable`, or what makes the database unavailable.
    """
    try:
        with batch_span(f"{rpc} batch", [it.traceparent for it in calls], {"retail.batch.calls": len(calls)}):
            return list(await in_one_transaction(store, calls, rpc, load, clock))
    except Exception as error:
        refuse_outage(error)
        if len(calls) == 1:
            return [InvalidField(UNSTORABLE) if is_unstorable(error) else error]
        log.warning("batch_halved", rpc=rpc, calls=len(calls), error_type=type(error).__name__)
    middle = len(calls) // 2
    first = await carry_out(store, calls[:middle], rpc=rpc, load=load, clock=clock)
    return first + await carry_out(store, calls[middle:], rpc=rpc, load=load, clock=clock)


def refuse_outage(error: Exception) -> None:
    """Raises what any call would meet now: halving the batch would only repeat the wait."""
    if is_unavailable(error):
        raise error
    if sqlstate_of(error) in TIMEOUTS:
        raise Unavailable("somebody else holds this stock for long", retry_after_seconds=1.0) from error


def is_unstorable(error: Exception) -> bool:
    """A text with a NUL character, a sum beyond 64 bits."""
    return (sqlstate_of(error) or "").startswith(DATA_EXCEPTIONS)


async def in_one_transaction(
    store: Store, calls: Sequence[Call], rpc: str, load: Load, clock: Clock
) -> Sequence[Result]:
    """Runs again when another transaction was in the way, and when levels had to be made first."""

    async def attempt() -> Sequence[Result]:
        async with store.begin() as transaction:
            return await answer(transaction, calls, rpc, load, clock())

    while True:
        try:
            return await retry_conflicts(attempt)
        except LevelsMissing as error:
            await store.create_levels(error.missing)


async def answer(
    transaction: Transaction, calls: Sequence[Call], rpc: str, load: Load, now: datetime
) -> Sequence[Result]:
    # The first call with a request id is the request; later ones are its repeats.
    first: dict[str, Call] = {}
    for call in calls:
        first.setdefault(call.request_id, call)
    digests = {request_id: call.digest for request_id, call in first.items()}
    results: dict[str, Result] = dict(await transaction.recall(rpc, digests))
    fresh = [call for request_id, call in first.items() if request_id not in results]
    if fresh:
        results |= await decide_and_write(transaction, fresh, rpc, load, now)
    return [result_for(call, digests, results) for call in calls]


def result_for(call: Call, digests: Mapping[str, bytes], results: Mapping[str, Result]) -> Result:
    if digests[call.request_id] == call.digest:
        return results[call.request_id]
    message = "the request id was already used for another request"
    return RequestIdReused(message, field="request_id", request_id=call.request_id)


async def decide_and_write(
    transaction: Transaction, calls: Sequence[Call], rpc: str, load: Load, now: datetime
) -> dict[str, Result]:
    commands = [call.command for call in calls]
    book = await load(transaction, commands)
    results: dict[str, Result] = {}
    done: list[tuple[Call, Outcome]] = []
    for call, outcome in zip(calls, decide(commands, book, now), strict=True):
        if isinstance(outcome, Refusal):
            results[call.request_id] = outcome
        else:
            done.append((call, outcome))
    if done:
        await transaction.save(book)
        answers = await transaction.remember(rpc, done)
        told = [Told(event, call.traceparent) for call, outcome in done for event in outcome.events]
        await transaction.tell(told, now)
        measure(outcome for _, outcome in done)
        results |= {call.request_id: answer for (call, _), answer in zip(done, answers, strict=True)}
    return results

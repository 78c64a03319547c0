"""Which database errors pass by themselves: an outage, and a conflict between two transactions."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

T = TypeVar("T")

SERIALIZATION_FAILURE = "40001"
DEADLOCK_DETECTED = "40P01"
CONFLICTS = {SERIALIZATION_FAILURE, DEADLOCK_DETECTED}
# Connection exceptions, too many connections, shutting down or starting up.
UNAVAILABLE_PREFIXES = ("08", "53300", "57P")
FIRST_BACKOFF_SECONDS = 0.01


def is_unavailable(error: BaseException) -> bool:
    """Whether the database could not be reached or is overwhelmed, so the same call may succeed later."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    driver_error = driver_error_of(error)
    if isinstance(error, (PoolTimeout, InterfaceError)) or isinstance(driver_error, asyncpg.InterfaceError):
        return True
    # A bare TimeoutError (an OSError too) is somebody's own deadline; ours to connect is a ConnectionError.
    if isinstance(driver_error, OSError) and not isinstance(driver_error, TimeoutError):
        return True
    return (sqlstate_of(error) or "").startswith(UNAVAILABLE_PREFIXES)


class Conflict(Exception):
    """A transaction lost a race that our own code noticed; it must roll back and may run again."""


async def retry_conflicts(run: Callable[[], Awaitable[T]], *, attempts: int = 5) -> T:
    """Run a whole transaction again after a deadlock, a serialization failure or a `Conflict`.

    ``run`` must open its own transaction and have no effect outside it.
    """
    for attempt in range(attempts):
        try:
            return await run()
        except (DBAPIError, asyncpg.PostgresError, Conflict) as error:
            if not is_conflict(error) or attempt + 1 == attempts:
                raise
        await asyncio.sleep(FIRST_BACKOFF_SECONDS * 2**attempt * (0.5 + random.random()))
    raise ValueError("attempts must be at least 1")


def is_conflict(error: BaseException) -> bool:
    """Whether the transaction lost against another one and would likely succeed now."""
    return isinstance(error, Conflict) or sqlstate_of(error) in CONFLICTS


def sqlstate_of(error: BaseException) -> str | None:
    """PostgreSQL's five-character error code, None where the database did not speak."""
    return getattr(driver_error_of(error), "sqlstate", None)


def driver_error_of(error: BaseException) -> BaseException:
    """asyncpg's own exception, which SQLAlchemy wraps twice."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return error.orig.__cause__ or error.orig
    return error

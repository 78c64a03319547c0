from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import Violation, create_engine, run_invariants
from services.inventory.adapters.atlas import CachedAtlas
from services.inventory.adapters.store import PostgresStore
from services.inventory.adapters.tables import locations
from services.inventory.config import Settings
from services.inventory.entrypoints.grpc import InventoryServicer
from tests.builders.inventory_requests import MONDAY
from tests.builders.stock import store, warehouse
from tests.conftest import SettingsFactory

INVARIANTS = "services/inventory/invariants.sql"
# Their clock is the real one, and the tests' is not.
ABOUT_TIME = {
    "no promise outlives its expiry by more than a minute",
    "every event is published within five minutes",
}


@dataclass
class Clock:
    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Worker:
    """One process of the service, without a wire; calls it as a stub would."""

    engine: AsyncEngine
    store: PostgresStore
    atlas: CachedAtlas
    servicer: InventoryServicer

    def __getattr__(self, rpc: str) -> Callable[[Any], Any]:
        return lambda request: getattr(self.servicer, rpc)(request, None)


async def nobody_knows() -> list[Any]:
    return []


@pytest.fixture
def service_name() -> str:
    return "inventory"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def start_worker(
    database_url: str, settings_for: SettingsFactory, clock: Clock
) -> AsyncIterator[Callable[..., Worker]]:
    """``start_worker(batch_calls=1)``: another process on the same database, with these settings."""
    async with AsyncExitStack() as started:

        def start(**given: Any) -> Worker:
            settings: Settings = settings_for("inventory", **given)
            engine = create_engine(
                database_url,
                application_name="test",
                pool_size=8,
                lock_timeout=settings.database_lock_timeout,
            )
            worker_store = PostgresStore(engine, engine, uuid4)
            atlas = CachedAtlas(
                engine, nobody_knows, refresh_seconds=settings.places_refresh, ask_seconds=60.0
            )
            servicer = InventoryServicer(worker_store, atlas, settings, clock)
            started.push_async_callback(engine.dispose)
            started.push_async_callback(servicer.close)
            return Worker(engine, worker_store, atlas, servicer)

        yield start


@pytest.fixture
async def worker(start_worker: Callable[..., Worker]) -> Worker:
    """With a warehouse and two stores."""
    worker = start_worker()
    known = [warehouse("W1"), store("S1"), store("S2", "WEST")]
    async with worker.engine.begin() as connection:
        await connection.execute(insert(locations), [it._asdict() for it in known])
    return worker


@pytest.fixture
def rows(worker: Worker) -> Callable[[str], Any]:
    """``await rows("select ...")`` as a list of tuples."""

    async def fetch(query: str) -> list[tuple[Any, ...]]:
        async with worker.engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    return fetch


@pytest.fixture
def violations(worker: Worker) -> Callable[[], Any]:
    async def run() -> list[Violation]:
        found = await run_invariants(worker.engine, INVARIANTS)
        return [violation for violation in found if violation.name not in ABOUT_TIME]

    return run

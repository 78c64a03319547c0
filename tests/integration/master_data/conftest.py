from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.database import create_engine
from services.master_data.adapters.store import PostgresStore
from services.master_data.entrypoints.grpc import MasterDataServicer

NOW = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)


class Direct:
    """Calls a servicer as a stub would, without a wire."""

    def __init__(self, servicer: MasterDataServicer) -> None:
        self._servicer = servicer

    def __getattr__(self, rpc: str) -> Callable[[Any], Any]:
        return lambda request: getattr(self._servicer, rpc)(request, None)


@pytest.fixture
def service_name() -> str:
    return "master_data"


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, application_name="test")
    yield engine
    await engine.dispose()


@pytest.fixture
def stub(engine: AsyncEngine) -> Direct:
    return Direct(MasterDataServicer(PostgresStore(engine, engine, uuid4), now=lambda: NOW))


@pytest.fixture
def rows(engine: AsyncEngine) -> Callable[[str], Any]:
    """``await rows("select ...")`` as a list of tuples."""

    async def fetch(query: str) -> list[tuple[Any, ...]]:
        async with engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(query))]

    return fetch

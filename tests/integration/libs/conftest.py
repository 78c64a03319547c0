import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations

from libs.database import transaction


@pytest.fixture
def apply_steps():
    """Runs functions that take alembic's ``op``, as a migration would."""

    async def apply(engine, *steps):
        async with transaction(engine) as connection:
            await connection.run_sync(run, steps)

    def run(connection, steps):
        op = Operations(MigrationContext.configure(connection))
        for step in steps:
            step(op)

    return apply

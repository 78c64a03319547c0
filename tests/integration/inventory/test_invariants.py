from pathlib import Path

import pytest

from libs.database import run_invariants
from libs.database.invariants import queries_of
from tests.builders.inventory_requests import (
    a_line,
    a_reservation,
    a_shipment,
    an_issue,
    issue,
    opening_stock,
    reserve,
)

INVARIANTS = Path(__file__).parents[3] / "services" / "inventory" / "invariants.sql"

# The invariant that finds a damage → the damage.
DAMAGE = {
    "on hand is the sum of the ledger": "delete from movements where position = 1",
    "reserved is the sum of the open reservations": "update reservations set quantity = quantity + 1",
    "nothing is promised that is not there": (
        "alter table levels drop constraint reserved_is_there; update levels set reserved = on_hand + 1"
    ),
    "no level is negative": (
        "alter table levels drop constraint safety_stock_not_negative; update levels set safety_stock = -1"
    ),
    "a product has one unit everywhere": "update levels set unit = 2 where location_id = 'S1'",
    "every movement goes from one bucket to another, one of them at the location": (
        "update movements set to_bucket = 4, from_bucket = 2 where position = 1"
    ),
    "no promise outlives its expiry by more than a minute": (
        "update holds set expires_at = now() - interval '61 seconds'"
    ),
    "every order with a promise is tentative or recorded": "delete from holds",
    "there is a rule for channels without one": "update sourcing_rules set channel = 'web'",
    "every event is published within five minutes": "update outbox set published_at = null",
}


@pytest.fixture(autouse=True)
async def _filled(worker):
    await opening_stock(worker, W1_MILK=5, S1_MILK=5)
    await reserve(worker, a_reservation(a_line("MILK", 3)))
    await issue(worker, a_shipment(a_line("MILK", 1)), an_issue(a_line("MILK", 9)))
    async with worker.engine.begin() as connection:
        await connection.exec_driver_sql("update outbox set published_at = now()")
        await connection.exec_driver_sql("update holds set expires_at = now()")


async def test_all_hold_after_ordinary_changes(worker):
    assert await run_invariants(worker.engine, INVARIANTS) == []


@pytest.mark.parametrize(("invariant", "damage"), DAMAGE.items(), ids=DAMAGE.keys())
async def test_each_finds_the_damage_it_is_about(worker, invariant, damage):
    async with worker.engine.begin() as connection:
        for statement in damage.split(";"):
            await connection.exec_driver_sql(statement)
    assert invariant in [violation.name for violation in await run_invariants(worker.engine, INVARIANTS)]


def test_every_invariant_is_tried():
    assert queries_of(INVARIANTS).keys() == DAMAGE.keys()

from pathlib import Path

import pytest

from libs.database import run_invariants
from libs.database.invariants import queries_of
from tests.builders.master_data import a_customer, a_location, a_price, a_product, gtin, plu
from tests.builders.master_data_upserts import CUSTOMERS, LOCATIONS, PRICES, PRODUCTS

INVARIANTS = Path(__file__).parents[3] / "services" / "master_data" / "invariants.sql"

# The invariant that finds a damage → the damage, foreign keys being off as after a careless restore.
DAMAGE = {
    "every identifier names an existing product": "delete from product where sku = 'B'",
    "every product has its own SKU as a name": "delete from identifier where (scheme, sku) = ('sku', 'A')",
    "every identifier is in the normal form of its scheme": (
        "update identifier set key = '0' || key where scheme = 'gtin'"
    ),
    "no two products share an identifier": (
        "alter table identifier drop constraint identifier_pkey;"
        "insert into identifier select scheme, key, value, 'B' from identifier where scheme = 'gtin'"
    ),
    "every price names an existing product": "delete from product where sku = 'A'",
    "no price is negative": (
        "alter table price drop constraint price_not_negative; update price set amount_micros = -1"
    ),
    "every version counts from one": "update location set version = 0",
    "every event is published within five minutes": "update outbox set published_at = null",
}


@pytest.fixture(autouse=True)
async def _filled(stub, rows, engine):
    await PRODUCTS.send(stub, a_product("A", gtin("04006381333931"), plu("41")), a_product("B"))
    await PRODUCTS.send(
        stub, a_product("A", gtin("4006 3813 33931"), title="New"), a_product("C", plu(" 41 "))
    )
    await PRICES.send(stub, a_price("A"))
    await LOCATIONS.send(stub, a_location())
    await CUSTOMERS.send(stub, a_customer())
    async with engine.begin() as connection:
        await connection.exec_driver_sql("update outbox set published_at = now()")


async def test_all_hold_after_ordinary_changes(engine):
    assert await run_invariants(engine, INVARIANTS) == []


@pytest.mark.parametrize(("invariant", "damage"), DAMAGE.items(), ids=DAMAGE.keys())
async def test_each_finds_the_damage_it_is_about(engine, invariant, damage):
    async with engine.begin() as connection:
        await connection.exec_driver_sql("set local session_replication_role = replica")
        for statement in damage.split(";"):
            await connection.exec_driver_sql(statement)
    assert invariant in [violation.name for violation in await run_invariants(engine, INVARIANTS)]


def test_every_invariant_is_tried():
    assert queries_of(INVARIANTS).keys() == DAMAGE.keys()

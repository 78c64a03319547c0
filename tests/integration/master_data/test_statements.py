"""A batch costs the same number of statements whatever its size."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from tests.builders.master_data import a_customer, a_location, a_price, a_product, a_promotion, gtin, plu
from tests.builders.master_data_upserts import CUSTOMERS, LOCATIONS, PRICES, PRODUCTS, PROMOTIONS

MAKE = [
    pytest.param(PRODUCTS, lambda key: a_product(key, gtin(f"1{key}")), id="products"),
    pytest.param(PRICES, a_price, id="prices"),
    pytest.param(PROMOTIONS, a_promotion, id="promotions"),
    pytest.param(LOCATIONS, a_location, id="locations"),
    pytest.param(CUSTOMERS, a_customer, id="customers"),
]


@pytest.fixture
def statements(engine):
    """``with statements() as seen``: the SQL sent meanwhile."""

    @contextmanager
    def recorded():
        seen: list[str] = []

        def record(connection, cursor, statement, *_):
            seen.append(statement)

        event.listen(engine.sync_engine, "before_cursor_execute", record)
        yield seen
        event.remove(engine.sync_engine, "before_cursor_execute", record)

    return recorded


def keys(count: int) -> list[str]:
    return [f"{number:05}" for number in range(count)]


@pytest.mark.parametrize(("upsert", "make"), MAKE)
async def test_a_batch_of_a_thousand_costs_as_many_statements_as_one(stub, statements, upsert, make):
    await PRODUCTS.send(stub, *map(a_product, keys(1000)))
    counts = []
    for size in (1, 1000):
        with statements() as seen:
            await upsert.send(stub, *map(make, keys(size)))
        counts.append(len(seen))
    assert counts[0] == counts[1]
    assert counts[0] <= 9


@pytest.mark.parametrize(
    ("rpc", "asked"),
    [
        ("ResolveIdentifiers", {"identifiers": [plu(key) for key in keys(1000)]}),
        ("BatchGetProducts", {"skus": keys(1000)}),
        ("BatchGetPrices", {"skus": keys(1000), "price_list": "store"}),
        ("BatchGetPromotions", {"promotion_ids": keys(1000)}),
        ("BatchGetCustomers", {"customer_ids": keys(1000)}),
        ("ListProducts", {}),
        ("ListLocations", {}),
    ],
)
async def test_every_read_is_one_statement(stub, statements, rpc, asked):
    await PRODUCTS.send(stub, *map(a_product, keys(3)))
    with statements() as seen:
        await getattr(stub, rpc)(getattr(pb, f"{rpc}Request")(**asked))
    assert len(seen) == 1

import pytest

from retailmesh.masterdata.v1 import master_data_events_pb2 as events_pb2
from services.master_data.domain.refusals import IdentifierTaken, ProductUnknown
from tests.builders.master_data import a_customer, a_location, a_price, a_product, a_promotion, plu
from tests.builders.master_data_upserts import CUSTOMERS, LOCATIONS, PRICES, PRODUCTS, PROMOTIONS
from tests.integration.master_data.conftest import NOW

OUTBOX = "select subject, key, time, type, payload from outbox order by position"


@pytest.fixture
def told(rows):
    """``await told()``: the events recorded so far as (noun, key, message)."""

    async def read():
        seen = []
        for subject, key, time, kind, payload in await rows(OUTBOX):
            assert time == NOW
            retail, domain, version, noun, fact, _ = subject.split(".")
            assert (retail, domain, version, fact) == ("retail", "masterdata", "v1", "changed")
            message = getattr(events_pb2, kind.rpartition(".")[2]).FromString(payload)
            seen.append((noun, key, message))
        return seen

    return read


async def test_a_changed_product_is_told_with_its_state_and_version(stub, told):
    await PRODUCTS.send(stub, a_product("A", plu("41")))
    await PRODUCTS.send(stub, a_product("A", plu("42"), title="New"))
    (_, first), (_, second) = [(key, message.product) for noun, key, message in await told()]
    assert (first.version, list(first.identifiers)) == (1, [plu("41")])
    assert (second.version, second.title, list(second.identifiers)) == (2, "New", [plu("42")])


async def test_each_kind_of_change_is_told_under_its_noun_and_key(stub, told):
    await PRODUCTS.send(stub, a_product("A"))
    await PRICES.send(stub, a_price("A"))
    await PROMOTIONS.send(stub, a_promotion("P1"))
    await LOCATIONS.send(stub, a_location("S1"))
    await CUSTOMERS.send(stub, a_customer("C1"))
    seen = await told()
    assert [(noun, key) for noun, key, _ in seen] == [
        ("product", "A"),
        ("price", "A"),
        ("promotion", "P1"),
        ("location", "S1"),
        ("customer", "C1"),
    ]
    assert seen[1][2].price == a_price("A")
    assert seen[2][2].promotion == a_promotion("P1")
    assert (seen[3][2].location.name, seen[3][2].location.version) == ("Store S1", 1)


async def test_a_changed_customer_is_told_without_personal_data(stub, told):
    await CUSTOMERS.send(stub, a_customer("C1", "Erika Muster"))
    ((_, _, message),) = await told()
    assert message == events_pb2.CustomerChanged(customer_id="C1", version=1)


@pytest.mark.parametrize(
    "upsert", [PRODUCTS, PRICES, PROMOTIONS, LOCATIONS, CUSTOMERS], ids=lambda upsert: upsert.rpc
)
async def test_what_is_unchanged_is_not_told(stub, rows, upsert):
    await PRODUCTS.send(stub, a_product("A"), a_product("B"))
    await upsert.send(stub, upsert.first, upsert.other)
    before = await rows(OUTBOX)
    await upsert.send(stub, upsert.other, upsert.first)
    assert await rows(OUTBOX) == before


@pytest.mark.parametrize(
    ("upsert", "refusal", "batch"),
    [
        (PRODUCTS, IdentifierTaken, [a_product("B"), a_product("C", plu("41"))]),
        (PRICES, ProductUnknown, [a_price("A"), a_price("X")]),
    ],
)
async def test_a_refused_batch_tells_nothing(stub, rows, upsert, refusal, batch):
    await PRODUCTS.send(stub, a_product("A", plu("41")))
    before = await rows(OUTBOX)
    with pytest.raises(refusal):
        await upsert.send(stub, *batch)
    assert await rows(OUTBOX) == before

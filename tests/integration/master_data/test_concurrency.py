import asyncio
from pathlib import Path

from libs.database import run_invariants
from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from services.master_data.domain.refusals import IdentifierTaken
from tests.builders.master_data import a_customer, a_product, plu
from tests.builders.master_data_upserts import CUSTOMERS, PRODUCTS

INVARIANTS = Path(__file__).parents[3] / "services" / "master_data" / "invariants.sql"


async def together(*calls):
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_of_many_that_claim_one_identifier_exactly_one_has_it(stub):
    claims = [PRODUCTS.send(stub, a_product(f"A{number}", plu("41"))) for number in range(8)]
    answers = await together(*claims)
    refusals = [answer for answer in answers if isinstance(answer, IdentifierTaken)]
    assert len(refusals) == 7
    (winner,) = {refusal.metadata["holder"] for refusal in refusals}
    found = await stub.ResolveIdentifiers(pb.ResolveIdentifiersRequest(identifiers=[plu("41")]))
    assert found.resolved[0].sku == winner


async def test_batches_that_swap_identifiers_to_and_fro_never_wait_for_each_other_in_a_circle(stub, engine):
    names = [plu(str(number)) for number in range(20)]
    skus = [f"A{number:02}" for number in range(20)]
    straight = list(map(a_product, skus, names))
    crossed = list(map(a_product, skus, reversed(names)))
    await PRODUCTS.send(stub, *straight)
    batches = [crossed, straight[::-1]] * 4
    answers = await together(*(PRODUCTS.send(stub, *batch) for batch in batches))
    assert [type(answer) for answer in answers] == [pb.BatchUpsertProductsResponse] * 8
    broken = {violation.name for violation in await run_invariants(engine, INVARIANTS)}
    # Nothing relays in this test.
    assert broken <= {"every event is published within five minutes"}


async def test_concurrent_batches_in_opposite_orders_count_each_change_once(stub, rows):
    ids = [f"C{number:03}" for number in range(200)]
    variants = [[a_customer(key, name) for key in ids] for name in ("Ada", "Bob", "Cleo")]
    batches = [batch[::step] for batch in variants for step in (1, -1)]
    answers = await together(*(CUSTOMERS.send(stub, *batch) for batch in batches))
    assert sum(answer.created for answer in answers) == 200
    written = sum(answer.created + answer.changed for answer in answers)
    assert await rows("select sum(version) from customer") == [(written,)]
    assert await rows("select count(*) from outbox") == [(written,)]


async def test_concurrent_repeats_of_one_request_take_effect_once(stub, rows):
    repeats = (PRODUCTS.send(stub, a_product("A"), request_id="r1") for _ in range(6))
    answers = await together(*repeats)
    assert {answer.created for answer in answers} == {1}
    assert await rows("select count(*) from outbox") == [(1,)]

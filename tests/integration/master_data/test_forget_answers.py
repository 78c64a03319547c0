from datetime import timedelta
from uuid import uuid4

from services.master_data.adapters.store import PostgresStore
from services.master_data.application.forget_answers import forget_answers
from tests.builders.master_data import a_product
from tests.builders.master_data_upserts import PRODUCTS


async def test_old_answers_are_dropped_in_batches_and_later_ones_kept(stub, engine, rows):
    for number in range(7):
        await PRODUCTS.send(stub, a_product(f"A{number}"), request_id=f"r{number}")
    ((now,),) = await rows("select now()")
    async with engine.begin() as connection:
        await connection.exec_driver_sql(
            "update idempotency set created_at = now() - interval '8 days' where request_id < 'r5'"
        )
    await forget_answers(PostgresStore(engine, engine, uuid4), now, kept=timedelta(days=7), limit=2)
    assert await rows("select request_id from idempotency order by 1") == [("r5",), ("r6",)]


async def test_a_repeat_after_its_answer_was_dropped_is_a_new_request(stub, engine):
    await PRODUCTS.send(stub, a_product("A"), request_id="r1")
    async with engine.begin() as connection:
        await connection.exec_driver_sql("delete from idempotency")
    assert (await PRODUCTS.send(stub, a_product("A"), request_id="r1")).unchanged == 1

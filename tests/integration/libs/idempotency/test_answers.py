import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.struct_pb2 import Struct
from sqlalchemy import text

from libs.database import create_engine, retry_conflicts, transaction
from libs.idempotency import (
    Answer,
    AnsweredMeanwhile,
    create_idempotency_table,
    digest_of,
    drop_idempotency_table,
    forget_before,
    recall,
    remember,
)
from libs.refusals import RequestIdReused

RPC = "retailmesh.order.v1.OrderService/PlaceOrder"


@pytest.fixture
async def engine(database_url, apply_steps):
    engine = create_engine(database_url, application_name="order")
    await apply_steps(
        engine, create_idempotency_table, lambda op: op.execute("create table placed (request_id text)")
    )
    yield engine
    await engine.dispose()


def answer(request_id, digest=b"d", response=b"r"):
    return Answer(request_id, digest, response)


async def test_a_repeat_gets_the_first_answer(engine):
    async with transaction(engine) as connection:
        assert await recall(connection, RPC, {"a": b"1", "b": b"2"}) == {}
        assert await remember(connection, RPC, [answer("a", b"1", b"first")]) == {"a"}
    async with transaction(engine) as connection:
        assert await recall(connection, RPC, {"a": b"1", "b": b"2"}) == {"a": b"first"}


async def test_an_id_reused_for_another_request_is_refused_and_its_neighbours_are_not(engine):
    async with transaction(engine) as connection:
        await remember(connection, RPC, [answer("a", b"1"), answer("b", b"2")])
        recalled = await recall(connection, RPC, {"a": b"other", "b": b"2"})
    assert isinstance(recalled["a"], RequestIdReused)
    assert recalled["a"].metadata == {"request_id": "a"}
    assert recalled["b"] == b"r"


async def test_the_same_id_means_another_request_in_another_rpc(engine):
    async with transaction(engine) as connection:
        await remember(connection, RPC, [answer("a")])
        assert await recall(connection, "another", {"a": b"d"}) == {}


async def test_an_answer_of_a_rolled_back_transaction_is_forgotten(engine):
    async def fail():
        async with transaction(engine) as connection:
            await remember(connection, RPC, [answer("a")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    async with transaction(engine) as connection:
        assert await recall(connection, RPC, {"a": b"d"}) == {}


async def test_two_transactions_with_one_request_take_effect_once(engine):
    both_recalled = asyncio.Barrier(2)
    effects = []

    async def place(first_try):
        async with transaction(engine) as connection:
            recalled = await recall(connection, RPC, {"a": b"d"})
            if first_try.pop(0):
                await both_recalled.wait()
            if recalled:
                return recalled["a"]
            await connection.execute(text("insert into placed values ('a')"))
            await remember(connection, RPC, [answer("a", response=f"answer {len(effects)}".encode())])
            effects.append("a")
        return None

    tries = [[True, False], [True, False]]
    await asyncio.gather(*(retry_conflicts(lambda mine=mine: place(mine)) for mine in tries))
    async with transaction(engine) as connection:
        assert (await connection.execute(text("select count(*) from placed"))).scalar_one() == 1


async def test_losing_the_race_raises_so_that_the_effect_rolls_back(engine):
    async with transaction(engine) as connection:
        await remember(connection, RPC, [answer("a")])
    async with transaction(engine) as connection:
        with pytest.raises(AnsweredMeanwhile):
            await remember(connection, RPC, [answer("b"), answer("a")])


async def test_old_answers_are_forgotten_in_bounded_steps(engine):
    async with transaction(engine) as connection:
        await remember(connection, RPC, [answer(str(number)) for number in range(5)])
    later = datetime.now(UTC) + timedelta(minutes=1)
    async with transaction(engine) as connection:
        assert await forget_before(connection, later, limit=3) == 3
        assert await forget_before(connection, later, limit=3) == 2
        assert await forget_before(connection, later, limit=3) == 0


async def test_the_table_is_dropped_as_it_was_created(engine, apply_steps):
    await apply_steps(engine, drop_idempotency_table, create_idempotency_table)


def test_equal_requests_have_equal_digests_and_others_differ():
    first, second = Struct(), Struct()
    first.update({"a": 1, "b": 2})
    second.update({"b": 2, "a": 1})
    assert digest_of(first) == digest_of(second)
    second.update({"b": 3})
    assert digest_of(first) != digest_of(second)

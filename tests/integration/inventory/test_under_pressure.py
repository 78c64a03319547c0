"""What callers see when stock is held by somebody else, when too many call, and when the database is away."""

import asyncio

import pytest

from libs.database import transaction
from libs.refusals import Overloaded, Unavailable
from libs.rpc import status_of
from tests.builders.inventory_requests import a_reservation, levels, opening_stock, order_id, reserve
from tests.builders.polling import poll_until

HOLD_ALL = "select 1 from levels for update"


def orders(count: int):
    return [a_reservation(order_id=order_id(number)) for number in range(count)]


async def test_stock_that_somebody_holds_for_long_is_answered_as_unavailable(worker, start_worker):
    stub = start_worker(database_lock_timeout=0.1)
    await opening_stock(stub, W1_MILK=50)
    requests = orders(20)
    async with transaction(worker.engine) as connection:
        await connection.exec_driver_sql(HOLD_ALL)
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable) as refused:
                await reserve(stub, *requests)
    assert refused.value.retry_after_seconds
    results = await reserve(stub, *requests)
    assert all(result.HasField("reserved") for result in results)
    assert await levels(stub) == {"W1_MILK": (50, 20)}


async def test_more_calls_than_may_wait_are_refused_and_the_others_answered(start_worker, worker):
    stub = start_worker(batch_waiting=2)
    await opening_stock(stub, W1_MILK=50)
    answers = await asyncio.gather(*[reserve(stub, it) for it in orders(6)], return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    assert len(refused) == 4
    assert all(refusal.retry_after_seconds for refusal in refused)
    assert await levels(stub) == {"W1_MILK": (50, 2)}


async def test_a_database_that_is_away_is_a_passing_matter(worker, start_worker, rows):
    stub = start_worker()
    await opening_stock(stub, W1_MILK=50)
    requests = orders(3)
    async with transaction(worker.engine) as connection:
        await connection.exec_driver_sql(HOLD_ALL)
        call = asyncio.create_task(reserve(stub, *requests))

        async def waits() -> bool:
            return bool(await rows("select 1 from pg_stat_activity where wait_event_type = 'Lock'"))

        await poll_until(waits)
        await connection.exec_driver_sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where wait_event_type = 'Lock'"
        )
        with pytest.raises(Exception, match=r"terminating|closed") as lost:
            await call
    assert status_of(lost.value).code == 14
    assert all(result.HasField("reserved") for result in await reserve(stub, *requests))
    assert await levels(stub) == {"W1_MILK": (50, 3)}

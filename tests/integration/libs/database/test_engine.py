import asyncio

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from libs.database import connect, create_engine, is_unavailable, ping, retry_conflicts, transaction
from libs.settings import ServiceSettings
from libs.telemetry import span, start_telemetry


@pytest.fixture
async def engine(database_url):
    engine = create_engine(database_url, application_name="order", pool_size=4)
    yield engine
    await engine.dispose()


async def value(connection, sql):
    return (await connection.execute(text(sql))).scalar_one()


async def test_a_connection_carries_the_bounds_it_was_given(database_url):
    engine = create_engine(database_url, application_name="order", statement_timeout=3, lock_timeout=0.5)
    async with transaction(engine) as connection:
        assert await value(connection, "show application_name") == "order"
        assert await value(connection, "show statement_timeout") == "3s"
        assert await value(connection, "show lock_timeout") == "500ms"
        assert await value(connection, "show timezone") == "UTC"
    await engine.dispose()


async def test_a_transaction_is_committed_at_its_end_and_rolled_back_by_an_exception(engine):
    async with transaction(engine) as connection:
        await connection.execute(text("create table note (body text)"))

    async def fail_half_way():
        async with transaction(engine) as connection:
            await connection.execute(text("insert into note values ('lost')"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_half_way()
    async with transaction(engine) as connection:
        await connection.execute(text("insert into note values ('kept')"))
    async with transaction(engine) as connection:
        assert await value(connection, "select string_agg(body, ',') from note") == "kept"


async def test_an_exhausted_pool_is_unavailable_and_not_an_endless_wait(database_url):
    engine = create_engine(database_url, application_name="order", pool_size=1, pool_timeout=0.05)
    async with transaction(engine):
        with pytest.raises(PoolTimeout) as caught:
            await ping(engine)
    assert is_unavailable(caught.value)
    await engine.dispose()


async def test_an_absent_server_is_unavailable(tmp_path):
    engine = create_engine(f"postgresql://order@/order?host={tmp_path}", application_name="order")
    with pytest.raises(OSError, match="No such file") as caught:
        await ping(engine)
    assert is_unavailable(caught.value)


async def test_a_mistake_in_a_statement_is_not_unavailability(engine):
    with pytest.raises(DBAPIError) as caught:
        async with transaction(engine) as connection:
            await connection.execute(text("select nonsense"))
    assert not is_unavailable(caught.value)


async def test_the_engine_goes_on_after_the_server_dropped_its_connections(engine, database_url):
    await asyncio.gather(*(ping(engine) for _ in range(4)))
    killer = await connect(database_url, application_name="killer")
    await killer.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'order'"
    )
    await killer.close()
    with pytest.raises(DBAPIError) as caught:
        await ping(engine)
    assert is_unavailable(caught.value)
    await asyncio.gather(*(ping(engine) for _ in range(4)))


async def test_a_deadlock_victim_runs_again_and_both_transactions_take_effect(engine):
    async with transaction(engine) as connection:
        await connection.execute(text("create table stock (sku text, milli bigint)"))
        await connection.execute(text("insert into stock values ('a', 0), ('b', 0)"))
    both_hold_one = asyncio.Barrier(2)
    first_try = {"ab": True, "ba": True}

    async def add_to(order):
        async with transaction(engine) as connection:
            for sku in order:
                await connection.execute(
                    text("update stock set milli = milli + 1 where sku = :sku"), {"sku": sku}
                )
                if first_try[order]:
                    first_try[order] = False
                    await both_hold_one.wait()

    await asyncio.gather(*(retry_conflicts(lambda order=order: add_to(order)) for order in first_try))
    async with transaction(engine) as connection:
        assert (
            await value(connection, "select string_agg(sku || milli, ',' order by sku) from stock") == "a2,b2"
        )


async def test_conflicts_beyond_the_attempts_are_raised(engine):
    async def conflict():
        async with transaction(engine) as connection:
            await connection.execute(text("do $$ begin raise exception using errcode = '40001'; end $$"))

    with pytest.raises(DBAPIError):
        await retry_conflicts(conflict, attempts=2)


async def test_statements_become_spans_without_their_parameters_in_a_recorded_trace(engine):
    telemetry = start_telemetry(ServiceSettings(service="order", trace_ratio=1.0))
    exporter = InMemorySpanExporter()
    telemetry.add_processor(SimpleSpanProcessor(exporter))
    async with transaction(engine) as connection:
        await connection.execute(text("select 1"))
        with span("place order"):
            await connection.execute(text("select cast(:email as text)"), {"email": "ada@example.org"})
            with pytest.raises(DBAPIError):
                await connection.execute(text("select nonsense"))
    start_telemetry(ServiceSettings(service="order"))
    statements = [
        finished for finished in exporter.get_finished_spans() if finished.name.startswith("SELECT")
    ]
    assert [finished.status.is_ok for finished in statements] == [True, False]
    assert statements[0].attributes["db.system.name"] == "postgresql"
    assert "ada@example.org" not in statements[0].to_json()

import asyncio
from contextlib import AsyncExitStack

from libs.database import connect, leadership
from tests.builders.polling import poll_until


def lead(database_url, job="relay", name="leader", standing_by=lambda: None):
    return leadership(database_url, job, application_name=name, standing_by=standing_by, retry_seconds=0.02)


async def test_one_leads_while_the_other_stands_by(database_url):
    waits, leads = asyncio.Event(), asyncio.Event()

    async def second():
        async with lead(database_url, standing_by=waits.set):
            leads.set()

    async with lead(database_url):
        other = asyncio.create_task(second())
        await waits.wait()
        assert not leads.is_set()
    await asyncio.wait_for(leads.wait(), 5)
    await other


async def test_different_jobs_have_different_leaders(database_url):
    async with AsyncExitStack() as stack:
        for job in ("relay", "consumer"):
            await asyncio.wait_for(stack.enter_async_context(lead(database_url, job)), 5)


async def test_a_leader_whose_session_ends_learns_it_and_another_takes_over(database_url):
    killer = await connect(database_url, application_name="killer")
    async with lead(database_url, name="first") as first:
        await killer.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'first'"
        )
        await poll_until(first.lost.is_set)
        async with lead(database_url, name="second") as second:
            assert not second.lost.is_set()
    await killer.close()

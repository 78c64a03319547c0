"""Processes that are killed while events flow: nothing is lost, nothing takes effect twice."""

import asyncio
import os
import sys

import pytest

from libs.messaging import deadletters
from tests.builders.events import numbered, placed
from tests.builders.messaging import ORDERS, bodies_of
from tests.builders.messaging_process import ATTEMPTS
from tests.builders.polling import poll_until


@pytest.fixture
async def start_process(database_url, nats_url):
    """Starts relay and consumer as a process of their own; what still runs is killed at the end."""
    started = []

    async def start():
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.builders.messaging_process"),
            env={**os.environ, "DATABASE_URL": database_url, "NATS_URL": nats_url},
            stderr=asyncio.subprocess.DEVNULL,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def effects_reach(effects, count):
    async def reached():
        return len(await effects.bodies()) >= count

    await poll_until(reached, deadline=40)


async def test_a_killed_process_loses_no_event_and_doubles_none(
    broker, orders, record, effects, start_process
):
    events = numbered(4000)
    for start in range(0, 4000, 100):
        await record(*events[start : start + 100])
    for milestone in (200, 1200, 2500):
        process = await start_process()
        await effects_reach(effects, milestone)
        process.kill()
        await process.wait()
    await start_process()
    await effects_reach(effects, 4000)

    assert len(set(await effects.event_ids())) == len(await effects.event_ids()) == 4000
    for key in range(5):
        in_order = [str(number) for number in range(4000) if number % 5 == key]
        assert await effects.bodies(f"order-{key}") == in_order
    assert await deadletters.find(broker) == []
    assert await bodies_of_each_key(broker) == {
        key: [str(number) for number in range(4000) if number % 5 == key] for key in range(5)
    }


async def bodies_of_each_key(broker):
    """What the stream holds: each event once, the order of each key kept."""
    bodies = await bodies_of(broker, ORDERS)
    return {key: [body for body in bodies if int(body) % 5 == key] for key in range(5)}


async def test_an_event_that_ends_the_process_is_buried_and_its_neighbours_are_not(
    broker, orders, record, effects, start_process
):
    await record(
        placed("a", "before"), placed("bad", "poison"), placed("bad", "after"), placed("b", "beside")
    )
    deaths = 0
    while not (letters := await found(broker)):
        process = await start_process()
        ended = asyncio.create_task(process.wait())
        await poll_until(lambda ended=ended: finished(ended, broker), deadline=20)
        deaths += ended.done()
        ended.cancel()
        assert deaths <= ATTEMPTS + 2
    (letter,) = letters
    assert (letter.payload, letter.category, letter.attempts) == (b"poison", "bug", ATTEMPTS)
    await effects_reach(effects, 3)
    assert sorted(await effects.bodies()) == ["after", "before", "beside"]


async def found(broker):
    return await deadletters.find(broker)


async def finished(ended, broker):
    return ended.done() or await found(broker)

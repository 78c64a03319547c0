import asyncio
from collections.abc import Mapping, Sequence

import pytest

from libs.readthrough import ReadThrough
from libs.refusals import Overloaded


class Source:
    """Knows the even numbers; answers tenfold when `gate` is open."""

    def __init__(self, *, opened: bool = True) -> None:
        self.loads: list[list[int]] = []
        self.asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.factor = 10
        self.error: Exception | None = None
        if opened:
            self.gate.set()

    async def __call__(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.loads.append(list(keys))
        self.asked.set()
        factor = self.factor
        await self.gate.wait()
        if self.error:
            raise self.error
        return {key: key * factor for key in keys if key % 2 == 0}


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def cache(source: Source, clock: Clock | None = None, **bounds: int) -> ReadThrough[int, int]:
    given = {"ttl_seconds": 60, "missing_ttl_seconds": 2, **bounds}
    return ReadThrough(source, name="numbers", now=clock or Clock(), **given)


async def test_a_caller_that_asks_again_as_soon_as_it_is_answered_is_answered_again():
    numbers = cache(Source(), concurrency=1)
    async with asyncio.timeout(5):
        assert [await numbers.get(key) for key in (2, 4, 6)] == [20, 40, 60]


async def test_what_was_read_lately_is_not_read_again():
    source = Source()
    numbers = cache(source)
    assert await numbers.get_many([2, 4]) == {2: 20, 4: 40}
    assert await numbers.get_many([4, 6, 2]) == {2: 20, 4: 40, 6: 60}
    assert source.loads == [[2, 4], [6]]


async def test_a_key_that_does_not_exist_is_absent_and_its_absence_is_remembered_for_its_own_time():
    source, clock = Source(), Clock()
    numbers = cache(source, clock)
    assert await numbers.get_many([1, 2]) == {2: 20}
    assert await numbers.get(1) is None
    assert source.loads == [[1, 2]]
    clock.seconds = 2
    assert await numbers.get_many([1, 2]) == {2: 20}
    assert source.loads == [[1, 2], [1]]


async def test_absences_are_not_held_when_their_time_is_zero():
    source = Source()
    numbers = cache(source, missing_ttl_seconds=0)
    await numbers.get(1)
    await numbers.get(1)
    assert source.loads == [[1], [1]]


async def test_an_expired_value_is_read_again():
    source, clock = Source(), Clock()
    numbers = cache(source, clock)
    await numbers.get(2)
    source.factor = 100
    clock.seconds = 59.9
    assert await numbers.get(2) == 20
    clock.seconds = 60
    assert await numbers.get(2) == 200


async def test_callers_of_one_key_share_one_load():
    source = Source(opened=False)
    numbers = cache(source)
    callers = [asyncio.create_task(numbers.get(2)) for _ in range(50)]
    await source.asked.wait()
    late = asyncio.create_task(numbers.get(2))
    source.gate.set()
    assert await asyncio.gather(*callers, late) == [20] * 51
    assert source.loads == [[2]]


async def test_what_queues_during_a_load_is_the_next_load():
    source = Source(opened=False)
    numbers = cache(source, concurrency=1)
    first = asyncio.create_task(numbers.get(2))
    await source.asked.wait()
    others = [asyncio.create_task(numbers.get(key)) for key in (4, 6, 8)]
    await asyncio.sleep(0)
    source.gate.set()
    assert await asyncio.gather(first, *others) == [20, 40, 60, 80]
    assert source.loads == [[2], [4, 6, 8]]


async def test_a_load_is_never_larger_than_a_batch():
    source = Source()
    numbers = cache(source, max_batch=4)
    assert len(await numbers.get_many(range(0, 20, 2))) == 10
    assert [len(load) for load in source.loads] == [4, 4, 2]


async def test_the_least_recently_used_leaves_first():
    source = Source()
    numbers = cache(source, max_entries=2)
    await numbers.get_many([2, 4])
    await numbers.get(2)
    await numbers.get(6)
    assert len(numbers) == 2
    source.loads.clear()
    await numbers.get_many([2, 6, 4])
    assert source.loads == [[4]]


async def test_one_call_may_ask_for_more_than_the_cache_holds():
    numbers = cache(Source(), max_entries=2)
    assert len(await numbers.get_many(range(0, 20, 2))) == 10
    assert len(numbers) == 2


async def test_a_failed_load_fails_its_callers_and_is_not_remembered():
    source = Source(opened=False)
    source.error = ConnectionError("away")
    numbers = cache(source)
    callers = [asyncio.create_task(numbers.get(key)) for key in (2, 4)]
    await source.asked.wait()
    source.gate.set()
    failed = await asyncio.gather(*callers, return_exceptions=True)
    assert [type(error) for error in failed] == [ConnectionError, ConnectionError]
    source.error = None
    assert await numbers.get(2) == 20


async def test_a_cancelled_caller_leaves_the_load_to_the_others():
    source = Source(opened=False)
    numbers = cache(source)
    impatient, patient = asyncio.create_task(numbers.get(2)), asyncio.create_task(numbers.get(2))
    await source.asked.wait()
    impatient.cancel()
    await asyncio.wait([impatient])
    source.gate.set()
    assert impatient.cancelled()
    assert await patient == 20
    assert source.loads == [[2]]


async def test_a_forgotten_key_is_read_again():
    source = Source()
    numbers = cache(source)
    await numbers.get_many([2, 4])
    source.factor = 100
    numbers.forget([2, 99])
    assert await numbers.get_many([2, 4]) == {2: 200, 4: 40}


@pytest.mark.parametrize("forget", ["forget", "clear"])
async def test_a_load_that_began_before_the_change_is_not_kept(forget):
    source = Source(opened=False)
    numbers = cache(source)
    before = asyncio.create_task(numbers.get(2))
    await source.asked.wait()
    source.factor = 100
    if forget == "clear":
        numbers.clear()
    else:
        numbers.forget([2])
    after = asyncio.create_task(numbers.get(2))
    await asyncio.sleep(0)
    source.gate.set()
    assert (await before, await after) == (20, 200)
    assert await numbers.get(2) == 200


async def test_more_keys_than_may_wait_are_refused():
    source = Source(opened=False)
    numbers = cache(source, max_waiting=3, concurrency=1, max_batch=1)
    waiting = asyncio.create_task(numbers.get_many([2]))
    await source.asked.wait()
    more = asyncio.create_task(numbers.get_many([4, 6, 8]))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await numbers.get(10)
    source.gate.set()
    assert await more == {4: 40, 6: 60, 8: 80}
    await waiting


def test_bounds_must_be_positive():
    with pytest.raises(ValueError, match="positive"):
        cache(Source(), max_entries=0)

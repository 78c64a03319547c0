import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.batch import MicroBatcher
from libs.refusals import Overloaded, Refusal, Unavailable


class Odd(Refusal):
    reason = "ERROR_REASON_ODD"


class Recorder:
    """Answers tenfold, after `gate` opens; remembers the batches and how many ran at the same time."""

    def __init__(self, *, opened: bool = True, poison: frozenset[int] = frozenset()) -> None:
        self.batches: list[list[int]] = []
        self.running = 0
        self.most_running = 0
        self.begun = asyncio.Event()
        self.gate = asyncio.Event()
        self.poison = poison
        if opened:
            self.gate.set()

    async def __call__(self, commands: Sequence[int]) -> list[int | Refusal | Exception]:
        self.batches.append(list(commands))
        self.begun.set()
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        await self.gate.wait()
        await asyncio.sleep(0)
        self.running -= 1
        if self.poison.intersection(commands):
            raise ConnectionError("the whole batch failed")
        return [Odd(f"{command} is odd") if command % 2 else command * 10 for command in commands]


async def submitted(batcher: MicroBatcher[int, int], *commands: int) -> list[asyncio.Task[int]]:
    """Tasks whose commands have reached the queue."""
    tasks = [asyncio.create_task(batcher.submit(command)) for command in commands]
    await asyncio.sleep(0)
    return tasks


async def outcomes(batcher: MicroBatcher[int, int], commands: Sequence[int]) -> list[int | BaseException]:
    return await asyncio.gather(*map(batcher.submit, commands), return_exceptions=True)


async def test_calls_of_the_same_moment_share_one_batch() -> None:
    recorder = Recorder()
    assert await outcomes(MicroBatcher(recorder, name="tens"), [2, 4, 6]) == [20, 40, 60]
    assert recorder.batches == [[2, 4, 6]]


async def test_a_lone_call_does_not_wait_for_company() -> None:
    recorder = Recorder()
    assert await MicroBatcher(recorder, name="tens").submit(2) == 20


async def test_a_caller_that_submits_again_as_soon_as_it_is_answered_is_answered_again() -> None:
    batcher = MicroBatcher(Recorder(), name="tens", concurrency=1)
    async with asyncio.timeout(5):
        assert [await batcher.submit(command) for command in (2, 4, 6)] == [20, 40, 60]


async def test_what_queued_while_the_last_batch_ran_is_the_next_batch() -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens", concurrency=1)
    first = asyncio.create_task(batcher.submit(2))
    await recorder.begun.wait()
    later = await submitted(batcher, 4, 6, 8)
    recorder.gate.set()
    assert await first == 20
    assert await asyncio.gather(*later) == [40, 60, 80]
    assert recorder.batches == [[2], [4, 6, 8]]


async def test_a_refused_command_leaves_its_neighbours_alone() -> None:
    results = await outcomes(MicroBatcher(Recorder(), name="tens"), [2, 3, 4])
    assert results[0] == 20
    assert isinstance(results[1], Odd)
    assert results[2] == 40


async def test_a_command_that_breaks_its_batch_fails_alone() -> None:
    recorder = Recorder(poison=frozenset({6}))
    results = await outcomes(MicroBatcher(recorder, name="tens"), [2, 4, 6, 8])
    assert results[:2] == [20, 40]
    assert isinstance(results[2], ConnectionError)
    assert results[3] == 80
    assert recorder.batches == [[2, 4, 6, 8], [2], [4], [6], [8]]


async def test_a_full_queue_refuses_at_once_and_says_when_to_return() -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens", max_queue=2, concurrency=1)
    running = asyncio.create_task(batcher.submit(2))
    await recorder.begun.wait()
    queued = await submitted(batcher, 4, 6)
    with pytest.raises(Overloaded) as refused:
        await batcher.submit(8)
    assert refused.value.retry_after_seconds
    recorder.gate.set()
    assert await running == 20
    assert await asyncio.gather(*queued) == [40, 60]


async def test_a_cancelled_caller_leaves_the_queue_and_is_never_handled() -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens", max_queue=2, concurrency=1)
    running = asyncio.create_task(batcher.submit(2))
    await recorder.begun.wait()
    leaving, staying = await submitted(batcher, 4, 6)
    leaving.cancel()
    await asyncio.wait([leaving])
    assert batcher.waiting == 1
    recorder.gate.set()
    assert (await running, await staying) == (20, 60)
    assert recorder.batches == [[2], [6]]


async def test_a_caller_cancelled_while_its_batch_runs_takes_nobody_with_it() -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens")
    leaving, staying = await submitted(batcher, 2, 4)
    await recorder.begun.wait()
    leaving.cancel()
    recorder.gate.set()
    assert await staying == 40


async def test_callers_gone_by_the_time_a_batch_is_taken_apart_are_skipped() -> None:
    recorder = Recorder(opened=False, poison=frozenset({4}))
    batcher = MicroBatcher(recorder, name="tens")
    leaving, staying = await submitted(batcher, 4, 6)
    await recorder.begun.wait()
    leaving.cancel()
    recorder.gate.set()
    assert await staying == 60
    assert recorder.batches == [[4, 6], [6]]


async def test_a_handler_that_forgets_an_answer_fails_the_batch_and_is_not_repeated() -> None:
    calls = 0

    async def forgetful(commands: Sequence[int]) -> list[int]:
        nonlocal calls
        calls += 1
        return [0 for _ in commands[1:]]

    results = await outcomes(MicroBatcher(forgetful, name="forgetful"), [1, 2])
    assert [type(result) for result in results] == [AssertionError, AssertionError]
    assert calls == 1


async def test_closing_answers_all_that_was_accepted_and_refuses_the_rest() -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens", max_batch=1, concurrency=1)
    accepted = await submitted(batcher, 2, 4, 6)
    await recorder.begun.wait()
    closing = asyncio.create_task(batcher.close())
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await batcher.submit(8)
    assert not closing.done()
    recorder.gate.set()
    await closing
    assert await asyncio.gather(*accepted) == [20, 40, 60]
    await batcher.close()


async def test_cancelling_a_batch_from_outside_leaves_no_caller_hanging() -> None:
    async def cancelled(commands: Sequence[int]) -> list[int]:
        raise asyncio.CancelledError

    async with asyncio.timeout(5):
        results = await outcomes(MicroBatcher(cancelled, name="cancelled"), [1, 2])
    assert [type(result) for result in results] == [asyncio.CancelledError, asyncio.CancelledError]


async def test_a_group_is_answered_in_order_refusals_among_the_answers() -> None:
    recorder = Recorder()
    batcher = MicroBatcher(recorder, name="tens", max_batch=2)
    two, odd, four = await batcher.submit_all([2, 3, 4])
    assert (two, four) == (20, 40)
    assert isinstance(odd, Odd)
    assert recorder.batches == [[2, 3], [4]]


async def test_an_empty_group_has_no_answers() -> None:
    assert await MicroBatcher(Recorder(), name="tens").submit_all([]) == []


async def test_a_group_shares_batches_with_single_calls_and_waits_its_turn() -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens", max_batch=3, concurrency=1)
    tasks = await submitted(batcher, 2)
    group = asyncio.create_task(batcher.submit_all([4, 6]))
    await asyncio.sleep(0)
    tasks += await submitted(batcher, 8)
    recorder.gate.set()
    assert (await asyncio.gather(*tasks), await group) == ([20, 80], [40, 60])
    assert recorder.batches == [[2], [4, 6, 8]]


async def test_a_command_of_a_group_that_breaks_its_batch_fails_alone() -> None:
    batcher = MicroBatcher(Recorder(poison=frozenset([4])), name="tens")
    two, broken, six = await batcher.submit_all([2, 4, 6])
    assert (two, six) == (20, 60)
    assert isinstance(broken, ConnectionError)


async def test_a_group_that_does_not_fit_is_refused_as_a_whole() -> None:
    batcher = MicroBatcher(Recorder(), name="tens", max_queue=3)
    with pytest.raises(Overloaded):
        await batcher.submit_all([2, 4, 6, 8])
    assert batcher.waiting == 0


async def test_a_cancelled_group_leaves_the_queue() -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens", max_batch=1, concurrency=1)
    group = asyncio.create_task(batcher.submit_all([2, 4, 6]))
    await recorder.begun.wait()
    group.cancel()
    await asyncio.wait([group])
    recorder.gate.set()
    assert await batcher.submit(8) == 80
    assert recorder.batches == [[2], [8]]


async def test_a_batch_cancelled_from_outside_leaves_no_group_hanging() -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens")
    group = asyncio.create_task(batcher.submit_all([2, 4]))
    await recorder.begun.wait()
    for task in asyncio.all_tasks():
        if task.get_name() == "tens":
            task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await group


@pytest.mark.parametrize(("waiting", "running"), [(3, 1), (4, 2)])
async def test_a_further_batch_begins_beside_another_only_when_it_is_worthwhile(
    waiting: int, running: int
) -> None:
    recorder = Recorder(opened=False)
    batcher = MicroBatcher(recorder, name="tens", worthwhile=4)
    tasks = await submitted(batcher, 2)
    await recorder.begun.wait()
    tasks += await submitted(batcher, *range(4, 4 + 2 * waiting, 2))
    await asyncio.sleep(0)
    assert recorder.most_running == running
    recorder.gate.set()
    await asyncio.gather(*tasks)


def test_bounds_that_would_stand_still_are_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        MicroBatcher(Recorder(), name="tens", concurrency=0)


@given(
    commands=st.lists(st.integers(min_value=0, max_value=99), unique=True, max_size=60),
    poison=st.frozensets(st.integers(min_value=0, max_value=99)),
    max_batch=st.integers(min_value=1, max_value=9),
    concurrency=st.integers(min_value=1, max_value=4),
)
def test_each_caller_gets_its_own_answer_whatever_its_neighbours_do(
    commands: list[int], poison: frozenset[int], max_batch: int, concurrency: int
) -> None:
    async def run() -> Recorder:
        recorder = Recorder(poison=poison)
        batcher = MicroBatcher(recorder, name="tens", max_batch=max_batch, concurrency=concurrency)
        results = await outcomes(batcher, commands)
        for command, result in zip(commands, results, strict=True):
            expected = ConnectionError if command in poison else Odd if command % 2 else int
            assert isinstance(result, expected)
            assert expected is not int or result == command * 10
        await batcher.close()
        return recorder

    recorder = asyncio.run(run())
    assert all(len(batch) <= max_batch for batch in recorder.batches)
    assert recorder.most_running <= concurrency


@given(commands=st.lists(st.integers(), max_size=60), max_batch=st.integers(min_value=1, max_value=9))
def test_one_batch_at_a_time_keeps_the_order_of_submission(commands: list[int], max_batch: int) -> None:
    async def run() -> list[list[int]]:
        recorder = Recorder()
        await outcomes(MicroBatcher(recorder, name="tens", max_batch=max_batch, concurrency=1), commands)
        return recorder.batches

    assert [command for batch in asyncio.run(run()) for command in batch] == commands

import asyncio
import os
import signal

import pytest

from libs.lifecycle import Closing, Every, main, serve
from libs.settings import ServiceSettings


class Recorded:
    def __init__(self, name: str, log: list[str], *, start_fails: bool = False, stop_fails: bool = False):
        self.name, self.log, self.start_fails, self.stop_fails = name, log, start_fails, stop_fails
        self.started = asyncio.Event()

    async def start(self) -> None:
        if self.start_fails:
            raise ConnectionError(self.name)
        self.log.append(f"start {self.name}")
        self.started.set()

    async def stop(self) -> None:
        self.log.append(f"stop {self.name}")
        if self.stop_fails:
            raise ConnectionError(self.name)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_the_parts_in_reverse_order(number):
    log: list[str] = []
    first, last = Recorded("database", log), Recorded("server", log)
    serving = asyncio.create_task(serve(first, last))
    await last.started.wait()
    os.kill(os.getpid(), number)
    await serving
    assert log == ["start database", "start server", "stop server", "stop database"]


async def test_a_part_that_cannot_start_stops_those_before_it():
    log: list[str] = []
    with pytest.raises(ConnectionError, match="server"):
        await serve(Recorded("database", log), Recorded("server", log, start_fails=True))
    assert log == ["start database", "stop database"]


async def test_a_part_that_fails_to_stop_does_not_keep_the_others_running():
    log: list[str] = []
    last = Recorded("server", log, stop_fails=True)
    serving = asyncio.create_task(serve(Recorded("database", log), last))
    await last.started.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(ConnectionError):
        await serving
    assert log[-1] == "stop database"


async def test_what_only_has_to_be_closed_is_closed_at_the_end():
    log: list[str] = []

    async def close() -> None:
        log.append("closed")

    last = Recorded("server", log)
    serving = asyncio.create_task(serve(Closing(close), Closing(lambda: log.append("flushed")), last))
    await last.started.wait()
    os.kill(os.getpid(), signal.SIGTERM)
    await serving
    assert log == ["start server", "stop server", "flushed", "closed"]


async def test_a_periodic_action_goes_on_after_a_failure_and_ends_with_its_part():
    runs: asyncio.Queue[int] = asyncio.Queue()

    async def fail() -> None:
        runs.put_nowait(1)
        raise ConnectionError("away")

    part = Every(0, fail, name="purge")
    await part.start()
    for _ in range(3):
        await runs.get()
    await part.stop()
    assert {task.get_name() for task in asyncio.all_tasks()}.isdisjoint({"purge"})


def test_a_wrong_setting_ends_the_process_by_name(monkeypatch, capsys):
    monkeypatch.setenv("SERVICE", "master_data")
    monkeypatch.setenv("TRACE_RATIO", "often")

    async def never(_settings: ServiceSettings) -> None:
        raise AssertionError("run")

    with pytest.raises(SystemExit) as exit_:
        main(never, ServiceSettings)
    assert exit_.value.code == 2
    assert "TRACE_RATIO" in capsys.readouterr().err

import asyncio
import os
import signal

import pytest

from libs.lifecycle import Closing, main, serve
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


async def test_a_closing_part_is_closed_at_the_end():
    closed = asyncio.Event()

    async def close() -> None:
        closed.set()

    last = Recorded("server", [])
    serving = asyncio.create_task(serve(Closing(close), last))
    await last.started.wait()
    assert not closed.is_set()
    os.kill(os.getpid(), signal.SIGTERM)
    await serving
    assert closed.is_set()


def test_a_wrong_setting_ends_the_process_by_name(monkeypatch, capsys):
    monkeypatch.setenv("SERVICE", "master_data")
    monkeypatch.setenv("TRACE_RATIO", "often")

    async def never(_settings: ServiceSettings) -> None:
        raise AssertionError("run")

    with pytest.raises(SystemExit) as exit_:
        main(never, ServiceSettings)
    assert exit_.value.code == 2
    assert "TRACE_RATIO" in capsys.readouterr().err

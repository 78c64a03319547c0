"""Operating-system processes that outlive the one that started them."""

import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import psutil

# Every process of a mesh carries this variable, so that one which the state file does not know is found.
MARK = "RETAILMESH_PART"
LOG_BYTES_KEPT = 16 * 1024 * 1024
# Boot time, which creation times are relative to, moves a little when the clock is set.
SAME_START_SECONDS = 2.0
KILL_SECONDS = 10.0
POLL_SECONDS = 0.005

# Ended children stay zombies until their parent looks; a test's process is that parent for a long time.
children: dict[int, "subprocess.Popen[bytes]"] = {}


@dataclass(frozen=True, slots=True)
class Record:
    """A started process: the creation time tells it from a later process with the same number."""

    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """The running process, or None once it has ended."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < SAME_START_SECONDS
            return process if same and not is_gone(process) else None
        return None

    def is_alive(self) -> bool:
        return self.process() is not None


def spawn(
    command: Sequence[str],
    *,
    mark: str,
    log: Path,
    environment: Mapping[str, str],
    directory: Path,
    user: str | None = None,
) -> Record:
    """Start a process in a session of its own, with nothing of ours open but its log."""
    keep_log_short(log)
    with log.open("ab") as output:
        child = subprocess.Popen(
            command,
            cwd=directory,
            env={**environment, MARK: mark},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **identity_of(user),
        )
    children[child.pid] = child
    return Record(child.pid, psutil.Process(child.pid).create_time())


class Identity(TypedDict, total=False):
    """Arguments of subprocess that make a child of root run as another user."""

    user: int
    group: int
    extra_groups: list[int]


def identity_of(user: str | None) -> Identity:
    if user is None:
        return {}
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def keep_log_short(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_BYTES_KEPT:
        log.replace(log.with_suffix(".1.log"))


def reap(pid: int) -> None:
    child = children.get(pid)
    if child is not None and child.poll() is not None:
        del children[pid]


def end(record: Record, how: signal.Signals, grace: float) -> None:
    """Signal the process's group; ``grace`` seconds later SIGKILL what is left of it and its children."""
    process = record.process()
    if process is None:
        return
    members = [process, *descendants(process)]
    with contextlib.suppress(ProcessLookupError):
        os.killpg(record.pid, how)
        os.killpg(record.pid, signal.SIGCONT)  # a paused process would sleep through the rest
    left = wait_gone(members, grace)
    for member in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    wait_gone(left, KILL_SECONDS)


def wait_gone(processes: Iterable[psutil.Process], timeout: float) -> list[psutil.Process]:
    """Those still running after ``timeout`` s. An orphan may stay a zombie for long: it counts as gone."""
    deadline = time.monotonic() + timeout
    left = [process for process in processes if not is_gone(process)]
    while left and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
        left = [process for process in left if not is_gone(process)]
    return left


def is_gone(process: psutil.Process) -> bool:
    """Whether all its threads ended: the first may be a zombie while others still hold the sockets."""
    reap(process.pid)
    try:
        zombie = process.status() == psutil.STATUS_ZOMBIE
        return not process.is_running() or (zombie and process.num_threads() <= 1)
    except psutil.NoSuchProcess:
        return True


def signal_group(record: Record, what: signal.Signals) -> None:
    if record.is_alive():
        os.killpg(record.pid, what)


def descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def memory_of(process: psutil.Process) -> int:
    """Bytes of the process and its children, pages they share counted once."""
    return sum(proportional_bytes(member) for member in (process, *descendants(process)))


def proportional_bytes(process: psutil.Process) -> int:
    try:
        memory = process.memory_full_info()
        return int(getattr(memory, "pss", memory.rss))
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def uptime_of(process: psutil.Process) -> float:
    return max(0.0, time.time() - process.create_time())


def marked(prefix: str) -> Iterator[tuple[str, Record]]:
    """Processes whose mark begins with ``prefix``, with the rest of their mark; leaders of sessions first."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            mark = process.environ().get(MARK, "")
            if mark.startswith(prefix):
                leads = os.getsid(process.pid) == process.pid
                found.append((not leads, mark, Record(process.pid, process.create_time())))
    for _, mark, record in sorted(found, key=lambda it: it[0]):
        yield mark.removeprefix(prefix), record

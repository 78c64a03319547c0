"""What runs, written down for the next command."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from libs.stack.processes import Record


@dataclass(slots=True)
class State:
    """Ports of all services, chosen once per start of the mesh, and the processes by part name."""

    nats_port: int
    grpc_ports: dict[str, int]
    http_ports: dict[str, int]
    database_server: str
    """URL of the server's own database."""
    nats_url: str
    services: list[str] = field(default_factory=list)
    """Those that were asked for, whether they run or not."""
    processes: dict[str, Record] = field(default_factory=dict)

    def alive(self) -> dict[str, Record]:
        return {name: record for name, record in self.processes.items() if record.is_alive()}

    def ports_of(self, service: str) -> dict[str, int]:
        """By protocol, ``grpc`` and perhaps ``http``."""
        ports = {"grpc": self.grpc_ports[service]}
        return ports | ({"http": self.http_ports[service]} if service in self.http_ports else {})

    def save(self, path: Path) -> None:
        """Replaces the file at once: a reader never sees half of it. It may name a database password."""
        draft = path.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        os.replace(draft, path)


def load_state(path: Path) -> State | None:
    """None where nothing was started, and for a file that cannot be read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        processes: Mapping[str, Mapping[str, float]] = content.pop("processes")
        records = {name: Record(int(row["pid"]), row["created"]) for name, row in processes.items()}
        return State(**content, processes=records)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None

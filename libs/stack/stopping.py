"""Taking a mesh down."""

import signal
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

from libs.stack.home import Home
from libs.stack.nats import Nats
from libs.stack.postgres import Postgres
from libs.stack.processes import Record, end, marked
from libs.stack.starting import Progress
from libs.stack.state import load_state
from libs.stack.table import ServiceTable

SERVERS = (Nats.name, Postgres.name)


def stop_everything(home: Home, table: ServiceTable, grace: float, progress: Progress) -> None:
    """End all processes of this home, also those that the state file does not know."""

    def stop(name: str) -> None:
        progress(name, "stopping")
        end(running[name], Postgres.stop_signal if name == Postgres.name else signal.SIGTERM, grace)
        progress(name, "stopped")

    state = load_state(home.state)
    running = {**processes_of(home), **(state.alive() if state else {})}
    for group in stop_order(table, running):
        with ThreadPoolExecutor(max_workers=len(group)) as pool:
            list(pool.map(stop, sorted(group)))
    kill_everything(home)


def kill_everything(home: Home) -> None:
    for _, record in marked(f"{home.path}:"):
        end(record, signal.SIGKILL, grace=0)


def processes_of(home: Home) -> dict[str, Record]:
    """By part; of several processes of one part, the one that leads the session."""
    found: dict[str, Record] = {}
    for name, record in marked(f"{home.path}:"):
        found.setdefault(name, record)
    return found


def stop_order(table: ServiceTable, names: Collection[str]) -> Iterator[set[str]]:
    """Groups to stop together: callers before the services they call, companions, the servers last."""
    left = {name: table.services[name] for name in names if name in table.services}
    companions = set(names) & table.companions.keys()
    if unknown := set(names) - left.keys() - companions - set(SERVERS):
        yield unknown
    while left:
        called = {callee for service in left.values() for callee in service.depends_on}
        yield left.keys() - called
        left = {name: service for name, service in left.items() if name in called}
    if companions:
        yield companions
    for server in SERVERS:
        if server in names:
            yield {server}

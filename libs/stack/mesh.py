"""All of retailmesh on one machine."""

import os
import shutil
import signal
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from libs.stack.blueprint import Blueprint, Ports
from libs.stack.databases import drop_databases
from libs.stack.elsewhere import database_server_status, delete_streams, nats_status
from libs.stack.environment import peers
from libs.stack.errors import StackError
from libs.stack.home import Home
from libs.stack.nats import Nats
from libs.stack.part import wait_ready
from libs.stack.ports import address
from libs.stack.postgres import Postgres
from libs.stack.processes import Record, end, signal_group
from libs.stack.readiness import ASKING_WORKLOAD
from libs.stack.starting import (
    Progress,
    issue_certificates,
    prepare_databases,
    silent,
    spawn,
    spawn_all,
    start_companions,
    wait_all,
)
from libs.stack.state import State, load_state
from libs.stack.status import PartStatus, status_of
from libs.stack.stopping import kill_everything, stop_everything
from libs.stack.table import ServiceTable

if TYPE_CHECKING:
    import grpc.aio

    from libs.settings import ServiceSettings

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
DEAD_LETTERS = "RETAIL_DEADLETTER"


class Mesh:
    """PostgreSQL, NATS and services as processes that outlive this one; everything is in one folder.

    What runs is read from the folder each time, so several objects and the command line can work on one mesh.
    All methods block; inside an event loop, ``await asyncio.to_thread(mesh.start_service, "order")``.
    """

    def __init__(self, blueprint: Blueprint) -> None:
        self.blueprint = blueprint
        self.home = blueprint.home
        self.table = blueprint.table

    @classmethod
    def create(
        cls,
        home: Path,
        *,
        ports: Ports = "free",
        environment: Mapping[str, str] | None = None,
        overrides: Mapping[str, Mapping[str, str]] | None = None,
        table: ServiceTable | None = None,
        durable: bool = True,
    ) -> "Mesh":
        """The mesh in this folder, whether it runs or not.

        ``environment`` (the process's own by default) gives DATABASE_URL, NATS_URL and the settings that the
        table names; ``overrides`` gives single services any variable. A mesh that is not ``durable`` is
        quicker and may not survive a power cut.
        """
        blueprint = Blueprint(
            home=Home(home.resolve()),
            table=table or ServiceTable.load(),
            ports=ports,
            environment=os.environ if environment is None else environment,
            overrides=overrides or {},
            durable=durable,
        )
        return cls(blueprint)

    # ---- what is where

    @property
    def state(self) -> State:
        """Raises StackError where nothing was started."""
        state = load_state(self.home.state)
        if state is None:
            raise StackError(f"no mesh was started in {self.home.path}")
        return state

    def is_running(self) -> bool:
        state = load_state(self.home.state)
        return bool(state and state.alive())

    def address(self, name: str) -> str:
        """gRPC address of a service."""
        return address(self.state.grpc_ports[name])

    def http_address(self, name: str) -> str:
        return address(self.state.http_ports[name])

    @property
    def nats_url(self) -> str:
        return self.state.nats_url

    def database_url(self, name: str) -> str:
        """Of a service; empty for one without a database."""
        return self.blueprint.database_url(name, self.state)

    def log(self, part: str) -> Path:
        return self.home.log(part)

    def settings(self, workload: str = ASKING_WORKLOAD) -> "ServiceSettings":
        """What a program with this identity needs to call the services."""
        from libs.settings import ServiceSettings

        state = self.state
        tls = str(self.home["tls"])
        return ServiceSettings(service=workload, nats_url=state.nats_url, tls_dir=tls, peers=peers(state))

    def channel(self, name: str, workload: str = ASKING_WORKLOAD) -> "grpc.aio.Channel":
        """A channel to the service as ``workload``; the caller closes it."""
        from libs.rpc import open_channel

        return open_channel(self.settings(workload), name)

    def status(self) -> list[PartStatus]:
        """PostgreSQL, NATS and the services that were asked for; all of them when the mesh is down."""
        found = load_state(self.home.state)
        state = found or self.blueprint.plan()
        asked = found.services if found else self.table.services
        companions = [name for name in self.table.companions if name in state.processes]
        services = [name for name in self.table.services if name in asked]
        names = [Postgres.name, Nats.name, *companions, *services]
        with ThreadPoolExecutor(max_workers=len(names)) as pool:
            return list(pool.map(lambda name: self.status_of(name, state), names))

    def status_of(self, name: str, state: State) -> PartStatus:
        own = self.blueprint.own_servers(state)
        if name == Postgres.name and name not in own:
            return database_server_status(state.database_server)
        if name == Nats.name and name not in own:
            return nats_status(state.nats_url)
        dead = self.blueprint.dead(name, state)
        return status_of(self.blueprint.part(name, state), state.processes.get(name), dead)

    # ---- starting

    def start(
        self,
        services: Iterable[str] | None = None,
        *,
        progress: Progress = silent,
        timeout: float = READY_SECONDS,
    ) -> None:
        """Start what does not run yet, services with all they call, and return when everything is ready.

        Raises StackError naming what failed; what did start goes on.
        """
        chosen = self.table.with_dependencies(self.table.services if services is None else services)
        names = [service.name for service in chosen]
        self.home.prepare()
        with self.home.locked():
            state = self.begin(names)
            servers = self.blueprint.own_servers(state)
            spawn_all(servers, self.blueprint, state, progress)
            issue_certificates(self.home["tls"], self.table.services, progress)
            wait_all(servers, self.blueprint, state, progress, timeout)
            prepare_databases(chosen, self.blueprint, state, progress)
            if companions := self.blueprint.companions_of(names, state):
                start_companions(companions, self.blueprint, state, progress)
            spawn_all(names, self.blueprint, state, progress)
        wait_all(names, self.blueprint, state, progress, timeout)

    def start_service(self, name: str, *, timeout: float = READY_SECONDS) -> None:
        """Start one part that was killed (a service, ``postgres``, ``nats``) at its old address, and wait."""
        with self.home.locked():
            state = self.state
            spawn(name, self.blueprint, state)
        wait_ready(self.blueprint.part(name, state), state.processes[name], timeout)

    def migrate(self, services: Iterable[str] | None = None, *, progress: Progress = silent) -> list[str]:
        """Bring databases up to date; returns the names of their services.

        A mesh that is down gets its PostgreSQL for as long as that takes.
        """
        chosen = [self.table[name] for name in (self.table.services if services is None else services)]
        was_running = self.is_running()
        self.home.prepare()
        try:
            with self.home.locked():
                state = self.begin([])
                server = [name for name in self.blueprint.own_servers(state) if name == Postgres.name]
                spawn_all(server, self.blueprint, state, progress)
                wait_all(server, self.blueprint, state, progress, READY_SECONDS)
                return prepare_databases(chosen, self.blueprint, state, progress)
        finally:
            if not was_running:
                self.stop(progress=progress)

    def begin(self, services: Iterable[str]) -> State:
        """The state of the running mesh, or a new one after ending whatever an earlier mesh left."""
        state = load_state(self.home.state)
        if state is None or not state.alive():
            kill_everything(self.home)
            state = self.blueprint.plan()
        state.services = list(dict.fromkeys([*state.services, *services]))
        state.save(self.home.state)
        return state

    # ---- stopping

    def stop(self, *, grace: float = STOP_SECONDS, progress: Progress = silent) -> None:
        """End every process, callers first; one that takes longer than ``grace`` seconds is killed."""
        with self.home.locked():
            stop_everything(self.home, self.table, grace, progress)
            self.home.state.unlink(missing_ok=True)
            if self.home.sockets != self.home["run"]:
                shutil.rmtree(self.home.sockets, ignore_errors=True)

    def reset(self, *, progress: Progress = silent) -> None:
        """Stop and forget all data; on servers of someone else, the databases and streams of the table."""
        state = load_state(self.home.state) or self.blueprint.plan()
        self.stop(progress=progress)
        own = self.blueprint.own_servers(state)
        if Postgres.name not in own:
            owners = (*self.table.services, *self.table.companions)
            names = (self.blueprint.database(name, state) for name in owners)
            drop_databases(state.database_server, filter(None, names))
        if Nats.name not in own:
            streams = [name for service in self.table.services.values() for name in service.streams]
            delete_streams(state.nats_url, [*streams, DEAD_LETTERS])
        self.home.remove()

    # ---- breaking things on purpose

    def kill(self, name: str) -> None:
        """SIGKILL to the part and all processes it started; returns when they are gone."""
        end(self.running(name), signal.SIGKILL, grace=0)

    def restart(self, name: str, *, timeout: float = READY_SECONDS) -> None:
        """SIGKILL, and start again on the same data and address."""
        self.kill(name)
        self.start_service(name, timeout=timeout)

    def pause(self, name: str) -> None:
        """SIGSTOP: the part keeps its connections and answers nothing."""
        signal_group(self.running(name), signal.SIGSTOP)

    def resume(self, name: str) -> None:
        signal_group(self.running(name), signal.SIGCONT)

    def running(self, name: str) -> Record:
        record = self.state.alive().get(name)
        if record is None:
            raise StackError(f"{name} does not run")
        return record

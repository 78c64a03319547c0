"""What a mesh is made of, before anything runs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from libs.stack.companion import CompanionProcess
from libs.stack.databases import database_url
from libs.stack.environment import companion_environment, service_environment
from libs.stack.home import Home
from libs.stack.nats import Nats
from libs.stack.part import Part
from libs.stack.ports import address, free_ports
from libs.stack.postgres import Postgres
from libs.stack.service_process import ServiceProcess
from libs.stack.state import State
from libs.stack.status import PartStatus
from libs.stack.table import ServiceTable

Ports = Literal["free", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """The table, the folder and what the user wants different; `Mesh.create` explains the fields."""

    home: Home
    table: ServiceTable
    ports: Ports
    environment: Mapping[str, str]
    overrides: Mapping[str, Mapping[str, str]]
    durable: bool

    def plan(self) -> State:
        """Addresses for all services, also those not going to be started: their peers are told every one."""
        services = self.table.services
        grpc = {name: service.grpc_port for name, service in services.items()}
        http = {name: service.http_port for name, service in services.items() if service.http_port}
        http |= {name: companion.http_port for name, companion in self.table.companions.items()}
        nats_port = self.table.nats_port
        if self.ports == "free":
            free = iter(free_ports(1 + len(grpc) + len(http)))
            nats_port, grpc, http = (
                next(free),
                {it: next(free) for it in grpc},
                {it: next(free) for it in http},
            )
        return State(
            nats_port=nats_port,
            grpc_ports=grpc,
            http_ports=http,
            database_server=self.environment.get("DATABASE_URL") or Postgres(self.home).url(),
            nats_url=self.environment.get("NATS_URL") or Nats(self.home, nats_port).url,
        )

    def own_servers(self, state: State) -> list[str]:
        """PostgreSQL and NATS, unless DATABASE_URL and NATS_URL name servers that someone else runs."""
        own = {
            Postgres.name: state.database_server == Postgres(self.home).url(),
            Nats.name: state.nats_url == Nats(self.home, state.nats_port).url,
        }
        return [name for name, is_own in own.items() if is_own]

    def part(self, name: str, state: State) -> Part:
        if name == Postgres.name:
            return Postgres(self.home, durable=self.durable)
        if name == Nats.name:
            return Nats(self.home, state.nats_port)
        if name in self.table.companions:
            return self.companion(name, state)
        environment = self.told(name, state)
        return ServiceProcess(
            self.table[name], self.home, ports=state.ports_of(name), environment=environment
        )

    def told(self, name: str, state: State) -> dict[str, str]:
        """The environment of a service."""
        return service_environment(
            self.table[name],
            table=self.table,
            home=self.home,
            state=state,
            database_url=self.database_url(name, state),
            given=self.environment,
            override=self.overrides.get(name, {}),
        )

    def companion(self, name: str, state: State) -> Part:
        row = self.table.companions[name]
        environment = companion_environment(
            row,
            home=self.home,
            state=state,
            database_url=self.database_url(name, state),
            given=self.environment,
        )
        return CompanionProcess(row, self.home, port=state.http_ports[name], environment=environment)

    def companions_of(self, services: Collection[str], state: State) -> list[str]:
        """Those that these services want to have beside them, as they are configured."""
        rows = self.table.companions.values()
        return [it.name for it in rows if it.of in services and it.is_wanted(self.told(it.of, state))]

    def database_url(self, name: str, state: State) -> str:
        """Empty for a service without a database."""
        database = self.database(name, state)
        return database_url(state.database_server, database) if database else ""

    def database(self, name: str, state: State) -> str:
        """A server that others use too tells the meshes' databases apart by the name of their folder."""
        database = self.table.owner(name).database
        if not database or Postgres.name in self.own_servers(state):
            return database or ""
        return f"{self.home.path.name}_{database}"

    def dead(self, name: str, state: State) -> PartStatus:
        """The status of a part that does not run, which says where it would."""
        if name == Postgres.name:
            return PartStatus(name, "dead", str(self.home.sockets))
        if name == Nats.name:
            return PartStatus(name, "dead", address(state.nats_port))
        if name in self.table.companions:
            return PartStatus(name, "dead", "", address(state.http_ports[name]), self.database(name, state))
        places = {protocol: address(port) for protocol, port in state.ports_of(name).items()}
        return PartStatus(name, "dead", places["grpc"], places.get("http", ""), self.database(name, state))

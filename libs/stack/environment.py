"""What a service is told by its environment."""

import json
import re
from collections.abc import Mapping

from libs.stack.errors import StackError
from libs.stack.home import Home
from libs.stack.ports import address
from libs.stack.state import State
from libs.stack.table import Companion, Service, ServiceTable

# What any program may need of the user's environment; everything else is named in the table.
INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "PYTHONPATH", "SSL_CERT_FILE")
FILES = "{files}"
ADDRESS = re.compile(r"\{(\w+)\.(grpc|http)\}")


def service_environment(
    service: Service,
    *,
    table: ServiceTable,
    home: Home,
    state: State,
    database_url: str,
    given: Mapping[str, str],
    override: Mapping[str, str],
) -> dict[str, str]:
    """Addresses of the mesh, then the table's settings as ``given`` has them, then ``override``."""
    told = {
        "SERVICE": service.name,
        "DATABASE_URL": database_url,
        "NATS_URL": state.nats_url,
        "GRPC_ADDRESS": address(state.grpc_ports[service.name]),
        "TLS_DIR": str(home["tls"]),
        "PEERS": json.dumps(peers(state)),
    }
    if service.name in state.http_ports:
        told["HTTP_ADDRESS"] = address(state.http_ports[service.name])
    inherited = {name: given[name] for name in INHERITED if name in given}
    named = named_settings(service, table, state, given)
    chosen = {name: value.replace(FILES, str(home["files"])) for name, value in named.items()}
    return {**inherited, **told, **chosen, **override}


def companion_environment(
    companion: Companion, *, home: Home, state: State, database_url: str, given: Mapping[str, str]
) -> dict[str, str]:
    """Where to listen, its database, and a folder that lasts as long as the databases."""
    inherited = {name: given[name] for name in INHERITED if name in given}
    return {
        **inherited,
        "DATABASE_URL": database_url,
        "HTTP_ADDRESS": address(state.http_ports[companion.name]),
        "FILES_DIR": str(home["files"] / companion.name),
    }


def peers(state: State) -> dict[str, str]:
    return {name: address(port) for name, port in state.grpc_ports.items()}


def named_settings(
    service: Service, table: ServiceTable, state: State, given: Mapping[str, str]
) -> dict[str, str]:
    """The settings that the table names: from ``given``, else the table's default, else absent."""
    defaults = {**table.settings, **service.settings}
    chosen = {name: given.get(name, default) for name, default in defaults.items()}
    return {name: with_addresses(value, state) for name, value in chosen.items() if value is not None}


def with_addresses(value: str, state: State) -> str:
    def replace(match: re.Match[str]) -> str:
        name, protocol = match.groups()
        ports = state.grpc_ports if protocol == "grpc" else state.http_ports
        if name not in ports:
            raise StackError(f"setting {value!r}: {name} has no {protocol} port")
        return address(ports[name])

    return ADDRESS.sub(replace, value)

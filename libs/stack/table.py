"""The service table, ``deploy/services.yaml``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from libs.stack.errors import StackError

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "deploy" / "services.yaml"
NATS_PORT = 7222


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One row of the table; the file's head explains each field."""

    name: str
    module: str
    grpc_port: int
    domain: str | None = None
    http_port: int | None = None
    database: str | None = None
    streams: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    settings: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def migrations(self) -> Path:
        """The alembic folder, beside the service's module."""
        return ROOT.joinpath(*self.module.split(".")[:-1], "migrations")


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A program that is no service of ours; the file's head explains each field."""

    name: str
    of: str
    when: Mapping[str, str]
    command: tuple[str, ...]
    made_by: str
    http_port: int
    database: str | None = None

    def is_wanted(self, told: Mapping[str, str]) -> bool:
        """``told`` are the environment variables of its service."""
        return all(told.get(name) == value for name, value in self.when.items())


@dataclass(frozen=True, slots=True)
class ServiceTable:
    """All services by name, in the order of the file."""

    services: Mapping[str, Service]
    settings: Mapping[str, str | None] = field(default_factory=dict)
    nats_port: int = NATS_PORT
    companions: Mapping[str, Companion] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path = TABLE) -> "ServiceTable":
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls.parse(content, source=str(path))

    @classmethod
    def parse(cls, content: Mapping[str, Any], source: str = "table") -> "ServiceTable":
        """Raises StackError for an unknown field and for a dependency that is no service."""
        rows = content["services"].items()
        services = {name: service_of(name, row, source) for name, row in rows}
        for service in services.values():
            if unknown := set(service.depends_on) - services.keys():
                raise StackError(f"{source}: {service.name} depends on unknown {', '.join(sorted(unknown))}")
        companions = {
            name: companion_of(name, row, services, source)
            for name, row in (content.get("companions") or {}).items()
        }
        port = content.get("nats_port", NATS_PORT)
        return cls(services, settings_of(content.get("settings")), port, companions)

    def __getitem__(self, name: str) -> Service:
        if name not in self.services:
            raise StackError(f"no service {name!r} in the table: {', '.join(self.services)}")
        return self.services[name]

    def owner(self, name: str) -> Service | Companion:
        """The service or companion of that name: both may have a database."""
        return self.companions.get(name) or self[name]

    def with_dependencies(self, names: Iterable[str]) -> list[Service]:
        """The named services and all they call, directly or not; callees come before their callers."""
        ordered: dict[str, Service] = {}

        def visit(name: str, callers: tuple[str, ...]) -> None:
            if name in callers:
                raise StackError(f"services depend on each other: {' -> '.join((*callers, name))}")
            for callee in self[name].depends_on:
                visit(callee, (*callers, name))
            ordered.setdefault(name, self[name])

        for name in names:
            visit(name, ())
        return list(ordered.values())


def service_of(name: str, row: Mapping[str, Any], source: str) -> Service:
    if unknown := row.keys() - {column.name for column in fields(Service)}:
        raise StackError(f"{source}: {name} has unknown fields {', '.join(sorted(unknown))}")
    lists = {key: tuple(row.get(key) or ()) for key in ("streams", "depends_on")}
    return Service(**{**row, **lists, "name": name, "settings": settings_of(row.get("settings"))})


def companion_of(
    name: str, row: Mapping[str, Any], services: Mapping[str, Service], source: str
) -> Companion:
    if unknown := row.keys() - {column.name for column in fields(Companion)}:
        raise StackError(f"{source}: {name} has unknown fields {', '.join(sorted(unknown))}")
    if row["of"] not in services or name in services:
        raise StackError(f"{source}: {name} must be the companion of a service")
    when = {key: str(value) for key, value in row["when"].items()}
    return Companion(**{**row, "name": name, "when": when, "command": tuple(row["command"].split())})


def settings_of(settings: Mapping[str, Any] | None) -> dict[str, str | None]:
    return {key: None if value is None else str(value) for key, value in (settings or {}).items()}

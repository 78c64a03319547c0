"""Fixtures for all tests: real servers, databases made quickly, workload identities, whole meshes."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from libs.identity import issue_certificate, make_development_ca
from libs.settings import ServiceSettings
from libs.stack import Mesh, ServiceTable, temporary_mesh
from libs.stack.errors import last_lines
from tests.builders.databases import DatabaseServer
from tests.builders.streams import delete_all_streams

OTHER_WORKLOADS = ("cli", "stranger")
# Tests never touch servers that the developer's shell points at.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "NATS_URL"}}

DatabaseFactory = Callable[[str], str]
SettingsFactory = Callable[..., Any]


# ---- servers: one PostgreSQL and one NATS per test process


@pytest.fixture(scope="session")
def stack() -> Iterator[Mesh]:
    """A mesh without services; its data does not survive a power cut."""
    with temporary_mesh(environment=ENVIRONMENT) as mesh:
        mesh.start([])
        yield mesh


@pytest.fixture(scope="session")
def postgres(stack: Mesh) -> DatabaseServer:
    """Makes databases for fixtures that outlive a test; tests take `database_url` or `migrated_database`."""
    return DatabaseServer(stack.state.database_server)


@pytest.fixture
def migrated_database(postgres: DatabaseServer) -> Iterator[DatabaseFactory]:
    """``migrated_database("order")`` is the URL of a database with that service's tables, for this test."""
    made: list[str] = []

    def make(service: str) -> str:
        made.append(postgres.fresh(service))
        return made[-1]

    yield make
    for url in made:
        postgres.drop(url)


@pytest.fixture
def service_name() -> str:
    """Whose tables are in `database_url`; a folder's conftest or a module names its service here."""
    return ""


@pytest.fixture
def database_url(migrated_database: DatabaseFactory, service_name: str) -> str:
    """A database of this test's own: empty, or with the tables of `service_name`."""
    return migrated_database(service_name)


@pytest.fixture
def nats_url(stack: Mesh) -> Iterator[str]:
    """A server without streams; those that the test leaves are deleted."""
    yield stack.nats_url
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, delete_all_streams(stack.nats_url)).result()


# ---- identities and settings


@pytest.fixture(scope="session")
def tls_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``ca.pem``, and certificate and key of each service, of ``cli`` and of a ``stranger``."""
    directory = tmp_path_factory.mktemp("tls")
    make_development_ca(directory)
    for workload in (*ServiceTable.load().services, *OTHER_WORKLOADS):
        issue_certificate(directory, workload)
    return directory


@pytest.fixture
def settings_for(tls_dir: Path) -> SettingsFactory:
    """``settings_for("order", database_url=...)``: its settings and identity, no server unasked."""

    def settings(service: str, **given: Any) -> ServiceSettings:
        config = f"services.{service}.config"
        known = find_spec(f"services.{service}") and find_spec(config)
        kind = import_module(config).Settings if known else ServiceSettings
        unset = {"database_url": "", "nats_url": ""}
        return kind(**{"service": service, "tls_dir": str(tls_dir), **unset, **given})

    return settings


# ---- whole meshes


@pytest.fixture(scope="module")
def mesh_services() -> list[str] | None:
    """Services of `mesh`, with all they call; a module that needs fewer than all names them here."""
    return None


@pytest.fixture(scope="module")
def mesh_overrides() -> Mapping[str, Mapping[str, str]]:
    """Environment variables of single services in `mesh`."""
    return {}


@pytest.fixture(scope="module")
def mesh(mesh_services: list[str] | None, mesh_overrides: Mapping[str, Mapping[str, str]]) -> Iterator[Mesh]:
    """A running mesh of the module's own, on free ports."""
    with temporary_mesh(environment=ENVIRONMENT, overrides=mesh_overrides) as mesh:
        mesh.start(mesh_services)
        yield mesh


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """A failure with a mesh shows how the logs of its parts end: they are gone with the mesh."""
    report = yield
    mesh = getattr(item, "funcargs", {}).get("mesh")
    if report.failed and isinstance(mesh, Mesh):
        for log in sorted(mesh.home["logs"].glob("*.log")):
            report.sections.append((f"{log.stem} log", last_lines(log)))
    return report

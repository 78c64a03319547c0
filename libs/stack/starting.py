"""Bringing a mesh up, step by step; every step can be repeated."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from libs.stack.blueprint import Blueprint
from libs.stack.databases import create_databases
from libs.stack.errors import StackError
from libs.stack.part import wait_ready
from libs.stack.readiness import ASKING_WORKLOAD
from libs.stack.state import State
from libs.stack.table import Service

Progress = Callable[[str, str], None]

WAITING_THREADS = 16
# Somebody else's server may fill an empty database at its first start.
COMPANION_SECONDS = 300.0


def silent(part: str, what: str) -> None:
    """No progress is shown."""


def spawn(name: str, blueprint: Blueprint, state: State) -> None:
    """Start the part unless it runs; its process is written down at once."""
    record = state.processes.get(name)
    if record is None or not record.is_alive():
        state.processes[name] = blueprint.part(name, state).spawn()
        state.save(blueprint.home.state)


def spawn_all(names: Iterable[str], blueprint: Blueprint, state: State, progress: Progress) -> None:
    for name in names:
        progress(name, "starting")
        spawn(name, blueprint, state)


def wait_all(
    names: Sequence[str], blueprint: Blueprint, state: State, progress: Progress, timeout: float
) -> None:
    """Wait until all are ready; one StackError tells of all that failed."""

    def wait(name: str) -> StackError | None:
        try:
            wait_ready(blueprint.part(name, state), state.processes[name], timeout)
        except StackError as error:
            progress(name, "failed")
            return error
        progress(name, "ready")
        return None

    with ThreadPoolExecutor(max_workers=WAITING_THREADS) as pool:
        if failed := [error for error in pool.map(wait, names) if error]:
            raise StackError("\n".join(str(error) for error in failed))


def issue_certificates(directory: Path, workloads: Iterable[str], progress: Progress) -> None:
    from libs.identity import issue_certificate, make_development_ca

    progress("certificates", "starting")
    make_development_ca(directory)
    for workload in (*workloads, ASKING_WORKLOAD):
        issue_certificate(directory, workload)
    progress("certificates", "ready")


def prepare_databases(
    services: Iterable[Service], blueprint: Blueprint, state: State, progress: Progress
) -> list[str]:
    """Create what is missing and migrate all, one after the other: alembic keeps its context in a module.

    Returns the names of the services that have a database.
    """
    owners = [service for service in services if service.database]
    if not owners:
        return []
    progress("databases", "starting")
    create_databases(state.database_server, [blueprint.database(it.name, state) for it in owners])
    for service in owners:
        if service.migrations.exists():
            migrate_database(service, blueprint.database_url(service.name, state))
    progress("databases", "ready")
    return [service.name for service in owners]


def start_companions(names: Sequence[str], blueprint: Blueprint, state: State, progress: Progress) -> None:
    """Services find them ready: what a companion makes at its first start, they are told of."""
    owners = [name for name in names if blueprint.database(name, state)]
    create_databases(state.database_server, [blueprint.database(name, state) for name in owners])
    spawn_all(names, blueprint, state, progress)
    wait_all(names, blueprint, state, progress, COMPANION_SECONDS)


def migrate_database(service: Service, url: str) -> None:
    from libs.database import migrate

    try:
        migrate(url, str(service.migrations))
    except Exception as error:
        raise StackError(f"the database of {service.name} cannot be migrated: {error!r}") from error

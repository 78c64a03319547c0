"""Somebody else's server beside a service that wants it."""

import asyncio
import json
from pathlib import Path
from urllib.request import urlopen

import asyncpg
import pytest

from libs.stack import Mesh, StackError, temporary_mesh
from libs.stack.processes import marked
from tests.builders.dummy_table import dummy_table
from tests.conftest import ENVIRONMENT

WANTED = {"aside": {"PATIENCE": "endless"}}


@pytest.fixture
def mesh():
    """``aside`` wants its companion; after the test nothing of it may run."""
    with temporary_mesh(environment=ENVIRONMENT, overrides=WANTED, table=dummy_table()) as mesh:
        yield mesh
    assert not list(marked(f"{mesh.home.path}:"))


def conditions(mesh):
    return {part.name: part.condition for part in mesh.status()}


async def database_of(url):
    connection = await asyncpg.connect(url)
    name = await connection.fetchval("select current_database()")
    await connection.close()
    return name


def test_a_companion_is_ready_before_its_service_with_a_database_and_a_folder_of_its_own(mesh):
    started = []
    mesh.start(["aside"], progress=lambda part, what: started.append((part, what)))
    assert started.index(("vendor", "ready")) < started.index(("aside", "starting"))
    assert conditions(mesh) == dict.fromkeys(["postgres", "nats", "vendor", "aside"], "ready")
    with urlopen(f"http://{mesh.http_address('vendor')}/") as answer:
        told = json.load(answer)
    assert Path(told["FILES_DIR"]).is_dir()
    assert asyncio.run(database_of(told["DATABASE_URL"])) == "vendor"


def test_a_service_that_is_not_told_to_want_it_has_no_companion():
    with temporary_mesh(environment=ENVIRONMENT, table=dummy_table()) as mesh:
        mesh.start(["aside", "back"])
        assert "vendor" not in conditions(mesh)


def test_a_companion_that_was_killed_is_started_at_its_old_address(mesh):
    mesh.start(["aside"])
    address = mesh.http_address("vendor")
    mesh.kill("vendor")
    assert conditions(mesh)["vendor"] == "dead"
    mesh.start_service("vendor")
    assert (conditions(mesh)["vendor"], mesh.http_address("vendor")) == ("ready", address)


def test_a_companion_whose_program_is_missing_says_how_to_make_it(tmp_path):
    table = dummy_table(vendor="no/such/program")
    mesh = Mesh.create(tmp_path, environment=ENVIRONMENT, overrides=WANTED, table=table, durable=False)
    try:
        with pytest.raises(StackError, match="vendor needs no/such/program: make vendor"):
            mesh.start(["aside"])
    finally:
        mesh.reset()

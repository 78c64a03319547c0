"""A mesh of dummy services is started and stopped."""

import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import psutil
import pytest

from libs.stack import Mesh, PortTaken, StackError, temporary_mesh
from libs.stack.processes import is_gone, marked
from tests.builders.dummy_table import dummy_table
from tests.conftest import ENVIRONMENT

START_ASIDE = """
import sys
from pathlib import Path
from libs.stack import Mesh
from tests.builders.dummy_table import dummy_table
Mesh.create(Path(sys.argv[1]), table=dummy_table(), environment={}, durable=False).start(["aside"])
print("started")
"""


def conditions(mesh):
    return {part.name: part.condition for part in mesh.status()}


def pids(mesh):
    return {name: record.pid for name, record in mesh.state.alive().items()}


def variant(mesh, **environment):
    """The same mesh as seen by someone whose shell says something else."""
    return Mesh.create(
        mesh.home.path, table=mesh.table, environment={**ENVIRONMENT, **environment}, durable=False
    )


def test_a_service_starts_with_all_it_calls_and_nothing_else(dummies):
    dummies.start(["middle"])
    ready = dict.fromkeys(["postgres", "nats", "back", "middle"], "ready")
    assert conditions(dummies) == ready
    back = next(part for part in dummies.status() if part.name == "back")
    assert (back.address, back.http_address) == (dummies.address("back"), dummies.http_address("back"))
    assert back.database == "back"
    assert back.memory_bytes > 1_000_000


def test_starting_again_leaves_alone_what_runs_and_replaces_what_died(dummies):
    dummies.start(["middle", "aside"])
    before, address = pids(dummies), dummies.address("back")
    dummies.kill("back")
    assert conditions(dummies)["back"] == "dead"
    dummies.start(["middle", "aside"])
    after = pids(dummies)
    assert after.pop("back") != before.pop("back")
    assert after == before
    assert dummies.address("back") == address


def test_two_starts_at_once_make_one_mesh(dummies):
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda _: dummies.start(["aside"]), range(2)))
    assert sorted(name for name, _ in marked(f"{dummies.home.path}:")) == ["aside", "nats", "postgres"]


def test_callers_stop_before_the_services_they_call_and_servers_last(dummies):
    dummies.start()
    stopped = []
    dummies.stop(progress=lambda part, what: stopped.append(part) if what == "stopped" else None)
    assert sorted(stopped[:2]) == ["aside", "front"]
    assert stopped[2:] == ["middle", "back", "nats", "postgres"]
    assert not dummies.is_running()
    assert set(conditions(dummies).values()) == {"dead"}


def test_a_service_that_ignores_the_signal_is_killed_after_its_grace(dummies):
    variant(dummies, DUMMY="stubborn").start(["aside"])
    dummies.stop(grace=0.2)
    assert not list(marked(f"{dummies.home.path}:"))


def test_stopping_takes_the_children_of_a_service_along(dummies):
    variant(dummies, DUMMY="family").start(["aside"])
    service = psutil.Process(pids(dummies)["aside"])
    [child] = service.children()
    dummies.kill("aside")
    assert is_gone(child)


def test_a_service_that_ends_while_starting_is_named_with_its_last_words(dummies):
    with pytest.raises(StackError, match=r"(?s)aside ended while starting.*cannot go on"):
        variant(dummies, DUMMY="crash").start(["aside"])
    assert conditions(dummies) == {"postgres": "ready", "nats": "ready", "aside": "dead"}


def test_a_service_that_never_becomes_ready_is_live_and_reported(dummies):
    with pytest.raises(StackError, match=r"aside was not ready within 1 s"):
        variant(dummies, DUMMY="unready").start(["aside"], timeout=1)
    assert conditions(dummies)["aside"] == "live"


def test_a_taken_port_is_reported_with_who_holds_it(dummies):
    fixed = Mesh.create(dummies.home.path, table=dummies.table, ports="table", environment=ENVIRONMENT)
    refusal = pytest.raises(PortTaken, match=rf"aside cannot listen on port 27904: .*pid {os.getpid()}")
    with socket.create_server(("127.0.0.1", 27904)), refusal:
        fixed.start(["aside"])
    fixed.start(["aside"])
    assert fixed.address("aside") == "127.0.0.1:27904"


def test_settings_reach_the_services_that_name_them_and_no_other(dummies):
    seen = variant(dummies, GREETING="hello", UNNAMED="1")
    seen.start(["aside", "back"])
    assert "aside starts with hello" in dummies.log("aside").read_text()
    assert "back starts with None" in dummies.log("back").read_text()
    assert "UNNAMED" not in psutil.Process(pids(dummies)["aside"]).environ()


def test_a_setting_of_the_table_may_name_an_address(dummies):
    dummies.start(["aside"])
    assert f"aside starts with see {dummies.http_address('back')}" in dummies.log("aside").read_text()


def test_an_override_reaches_one_service(dummies):
    overridden = Mesh.create(
        dummies.home.path,
        table=dummies.table,
        environment=ENVIRONMENT,
        overrides={"back": {"GREETING": "special"}},
        durable=False,
    )
    overridden.start(["aside", "back"])
    assert "back starts with special" in dummies.log("back").read_text()
    assert "special" not in dummies.log("aside").read_text()


def test_the_mesh_outlives_the_process_that_started_it_and_holds_none_of_its_pipes(dummies):
    command = [sys.executable, "-c", START_ASIDE, str(dummies.home.path)]
    # Reading the pipe to its end would wait for ever if a service held the other side.
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert done.stdout == "started\n"
    assert conditions(dummies) == {"postgres": "ready", "nats": "ready", "aside": "ready"}


def test_a_folder_too_deep_for_a_socket_is_no_obstacle(tmp_path):
    home = tmp_path / ("deep" * 20) / ("deeper" * 10)
    mesh = Mesh.create(home, table=dummy_table(), environment=ENVIRONMENT, durable=False)
    mesh.start([])
    assert conditions(mesh) == {"postgres": "ready", "nats": "ready"}
    mesh.reset()
    assert not home.exists()


async def test_servers_of_someone_else_are_used_and_left_running(dummies, stack):
    theirs = {"DATABASE_URL": stack.state.database_server, "NATS_URL": stack.nats_url}
    with temporary_mesh(table=dummy_table(), environment={**ENVIRONMENT, **theirs}) as mesh:
        mesh.start(["back"])
        assert list(pids(mesh)) == ["back"]
        assert conditions(mesh) == {"postgres": "ready", "nats": "ready", "back": "ready"}
        url = mesh.database_url("back")
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("select current_database()") == f"{mesh.home.path.name}_back"
        await connection.close()
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)
    assert stack.is_running()

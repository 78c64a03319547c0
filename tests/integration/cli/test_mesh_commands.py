"""up, down, status, migrate and reset, on a table of dummy services."""

import json

import pytest
from click.testing import CliRunner

from libs.stack import ServiceTable
from libs.stack.processes import marked
from services.cli.main import main
from tests.builders.dummy_table import dummy_table

ALL = ["postgres", "nats", "back", "middle", "front", "aside"]


@pytest.fixture
def retailmesh(tmp_path, monkeypatch):
    """Runs the command line; whatever mesh it started is gone after the test."""
    monkeypatch.setenv("RETAILMESH_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("NATS_URL", raising=False)
    monkeypatch.setattr(ServiceTable, "load", dummy_table)

    def run(*arguments):
        return CliRunner().invoke(main, arguments)

    yield run
    for home in tmp_path.iterdir():
        run("reset", "--yes", "--mesh", home.name)
    assert not list(marked(str(tmp_path)))


def parts(result):
    return {part["name"]: part for part in json.loads(result.stdout)["parts"]}


def test_a_mesh_goes_up_is_seen_and_goes_down(retailmesh):
    up = retailmesh("up", "--free-ports", "--json")
    assert up.exit_code == 0, up.output
    assert list(parts(up)) == ALL
    status = retailmesh("status", "--json")
    assert status.exit_code == 0
    assert {part["condition"] for part in parts(status).values()} == {"ready"}
    down = retailmesh("down", "--json")
    assert sorted(json.loads(down.stdout)["stopped"]) == sorted(ALL)
    assert retailmesh("down").stdout == "nothing was running\n"


def test_people_get_a_table_of_addresses(retailmesh):
    up = retailmesh("up", "aside", "--free-ports")
    assert up.exit_code == 0, up.output
    shown = parts(retailmesh("status", "--json"))["aside"]
    line = next(line for line in up.stdout.splitlines() if line.startswith("aside"))
    assert line.split()[:4] == ["aside", "ready", str(shown["pid"]), shown["address"]]


def test_going_up_again_changes_nothing_and_replaces_what_died(retailmesh):
    from services.cli.mesh_command import open_mesh

    first = parts(retailmesh("up", "middle", "--free-ports", "--json"))
    open_mesh("local").kill("back")
    dead = retailmesh("status", "--json")
    assert (dead.exit_code, parts(dead)["back"]["condition"]) == (1, "dead")
    second = parts(retailmesh("up", "middle", "--json"))
    assert second["back"]["pid"] != first["back"]["pid"]
    assert second["middle"]["pid"] == first["middle"]["pid"]


def test_a_command_means_the_only_mesh_that_runs(retailmesh):
    retailmesh("up", "aside", "--free-ports", "--mesh", "one", "--json")
    assert json.loads(retailmesh("status", "--json").stdout)["mesh"] == "one"
    retailmesh("up", "aside", "--free-ports", "--mesh", "two", "--json")
    several = retailmesh("status")
    assert several.exit_code == 1
    assert "several meshes run (one, two): say which with --mesh" in several.output


def test_without_a_running_mesh_status_fails_and_says_what_to_do(retailmesh):
    plain, as_json = retailmesh("status"), retailmesh("status", "--json")
    assert (plain.exit_code, as_json.exit_code) == (1, 1)
    assert plain.stderr == "Error: no mesh is running; start it with: retailmesh up\n"
    assert json.loads(as_json.stdout) == {"error": "no mesh is running; start it with: retailmesh up"}


def test_migrating_a_mesh_that_is_down_leaves_it_down(retailmesh):
    migrated = retailmesh("migrate", "--json")
    assert json.loads(migrated.stdout) == {"mesh": "local", "migrated": ["back"]}
    assert retailmesh("status").exit_code == 1


def test_resetting_asks_first(retailmesh, tmp_path):
    retailmesh("migrate")
    assert retailmesh("reset").exit_code == 1
    assert (tmp_path / "local" / "pg").exists()
    assert retailmesh("reset", "--yes").exit_code == 0
    assert not (tmp_path / "local").exists()


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "..", ""])
def test_a_mesh_cannot_be_named_out_of_its_folder(retailmesh, name):
    assert retailmesh("up", "--mesh", name, "--json").exit_code == 1

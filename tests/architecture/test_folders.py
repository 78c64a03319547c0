"""The folder contract: a newcomer names the right file before opening the tree."""

import re
from pathlib import PurePosixPath

import pytest
import yaml

from tests.architecture.repository import NOT_RUNNING, ROOT, files_under, project_files, running_services

TOP_LEVEL = {
    "proto",
    "services",
    "libs",
    "deploy",
    "tests",
    "tilt",
    "Makefile",
    "README.md",
    "pyproject.toml",
}

_MODULE = r"[a-z_][a-z0-9_]*\.py"
_RING = rf"(domain|application|adapters|entrypoints)/([a-z0-9_]+/)*{_MODULE}"
_MIGRATION = r"(env\.py|script\.py\.mako|(versions/)?__init__\.py|versions/\d{4}_(pre|post)_[a-z0-9_]+\.py)"
_DEPLOYED = r"(grafana|helm|images|otel|tryton)/.+"

# What a path looks like below each top folder; anything else is in the wrong place.
AGREED = {
    "proto": r"retailmesh/[a-z]+/v\d+/[a-z_]+\.proto",
    "services": rf"adr/\d{{4}}-[a-z0-9-]+\.md"
    rf"|cli/(README\.md|([a-z0-9_]+/)*{_MODULE})"
    rf"|[a-z_]+/(README\.md|__init__\.py|app\.py|config\.py|convert(/[a-z_]+)?\.py|invariants\.sql|{_RING}"
    rf"|adapters/[a-z0-9_/]+\.(json|xsd)|migrations/{_MIGRATION})",
    "libs": rf"[a-z]+/(README\.md|py\.typed|([a-z0-9_]+/)*{_MODULE})",
    "deploy": rf"README\.md|services\.yaml|requirements\.txt|{_DEPLOYED}",
    "tests": rf"(conftest|__init__)\.py|data/.+"
    rf"|(unit|contract|integration|e2e|chaos|bench|architecture|builders)/([a-z0-9_]+/)*({_MODULE}|README\.md)",
    "tilt": r"Tiltfile|README\.md",
}

MOST_LINES = 400
COUNTED = {".proto", ".py", ".sql"}
# Path → why this file is better long than split.
LONG_FOR_A_REASON = {
    "proto/retailmesh/inventory/v1/inventory_service.proto": "one service beside its requests and answers",
}


def _wrongly_placed(path: PurePosixPath) -> bool:
    top, *rest = path.parts
    return top in AGREED and not re.fullmatch(AGREED[top], "/".join(rest))


def _lines(path: PurePosixPath) -> int:
    """In a contract the sentence above each field is its documentation, and does not count."""
    lines = (ROOT / path).read_text().splitlines()
    return sum(path.suffix != ".proto" or not line.lstrip().startswith("//") for line in lines)


def test_the_top_level_holds_only_the_agreed_names():
    top = {path.parts[0] for path in project_files() if not path.parts[0].startswith(".")}
    assert top - TOP_LEVEL == set()


def test_every_file_has_an_agreed_place():
    assert [str(path) for path in project_files() if _wrongly_placed(path)] == []


@pytest.mark.parametrize("name", ["README.md", "app.py", "config.py"])
def test_every_running_service_has_the_files_that_explain_it(name):
    missing = {service for service in running_services() if not (ROOT / "services" / service / name).exists()}
    assert missing == set()


def test_the_service_table_names_exactly_the_running_services():
    table = yaml.safe_load((ROOT / "deploy" / "services.yaml").read_text())
    assert set(table["services"]) == running_services()


def test_every_library_says_in_its_init_what_it_offers():
    libraries = {path.parts[1] for path in files_under("libs")}
    missing = {name for name in libraries if not (ROOT / "libs" / name / "__init__.py").read_text().strip()}
    assert missing == set()


def test_a_folder_that_is_no_service_is_known_by_name():
    folders = {path.parts[1] for path in files_under("services") if len(path.parts) > 2}
    assert folders - running_services() - NOT_RUNNING == set()


def test_no_file_is_long_without_a_reason():
    long = {
        str(path): _lines(path)
        for path in project_files()
        if path.suffix in COUNTED and _lines(path) > MOST_LINES
    }
    assert long.keys() - LONG_FOR_A_REASON.keys() == set()


def test_no_exemption_outlives_its_file():
    assert [path for path in LONG_FOR_A_REASON if _lines(PurePosixPath(path)) <= MOST_LINES] == []


@pytest.mark.parametrize("lock", [str(path) for path in project_files() if path.name == "requirements.txt"])
def test_a_lock_names_no_index_and_no_folder_of_the_machine_that_wrote_it(lock):
    lines = (ROOT / lock).read_text().splitlines()
    assert [line for line in lines if "://" in line or line.startswith("-") or " /" in line] == []

"""Imports follow the layers, and the check that says so sees every module."""

import ast
import subprocess
import sys
from pathlib import Path, PurePosixPath

import grimp

from tests.architecture.repository import ROOT, files_under, service_folders

# Reading a clock or drawing randomness hides an input; in the domain both come in as arguments.
HIDDEN_INPUTS = {"now", "today", "utcnow", "uuid1", "uuid4", "uuid7", "urandom"}
EMPTY_WORDS = ("Helper", "Impl", "Manager", "Util", "Utils")
# Shapes that use cases share: what they need from outside, and what is asked of them.
SHARED_BY_USE_CASES = {"__init__", "commands", "ports"}


def _python(*tops: str) -> list[PurePosixPath]:
    return [path for top in tops for path in files_under(top) if path.suffix == ".py"]


def _tree(path: PurePosixPath) -> ast.Module:
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def _ring(path: PurePosixPath) -> str:
    return path.parts[2] if len(path.parts) > 3 else ""


def _module(path: PurePosixPath) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _defined(path: PurePosixPath) -> set[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in _tree(path).body if isinstance(node, functions)}


def test_imports_follow_the_layers():
    lint = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert run.returncode == 0, run.stdout


def test_the_layer_check_sees_every_module():
    graph = grimp.build_graph("libs", "services", cache_dir=None)
    migrations = {path for path in _python("services") if "versions" in path.parts}
    modules = {_module(path) for path in _python("libs", "services") if path not in migrations}
    assert modules - graph.modules == set()


def test_the_domain_takes_time_ids_and_randomness_as_arguments():
    found = [
        f"{path}:{node.lineno} {node.func.attr}"
        for path in _python("services")
        if _ring(path) == "domain"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in HIDDEN_INPUTS
    ]
    assert found == []


def test_a_use_case_is_a_function_named_like_its_file():
    cases = [path for path in _python("services") if _ring(path) == "application"]
    cases = [path for path in cases if path.stem not in SHARED_BY_USE_CASES and not path.stem.startswith("_")]
    assert [str(path) for path in cases if path.stem not in _defined(path)] == []


def test_class_names_say_what_the_thing_is():
    found = [
        f"{path}:{node.lineno} {node.name}"
        for path in _python("libs", "services", "tests")
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.ClassDef) and node.name.endswith(EMPTY_WORDS)
    ]
    assert found == []


def test_there_is_something_to_check():
    assert service_folders()

"""What all commands about a mesh share: which one is meant, and how answers and errors are shown."""

import functools
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from libs.stack import Mesh, StackError

DEFAULT = "local"
FOLDER = ".retailmesh"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


def mesh_command(run: Callable[..., Any]) -> Callable[..., Any]:
    """Adds ``--mesh`` and ``--json``, passed as ``name`` and ``as_json``; a StackError ends with status 1."""

    @click.option("--mesh", "name", metavar="NAME", help="Which mesh; by default the one that runs.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
    @functools.wraps(run)
    def command(*arguments: Any, as_json: bool, **options: Any) -> Any:
        try:
            return run(*arguments, as_json=as_json, **options)
        except StackError as error:
            if not as_json:
                raise click.ClickException(str(error)) from None
            print_json({"error": str(error)})
            raise SystemExit(1) from None

    return command


def meshes_folder() -> Path:
    return Path(os.environ.get("RETAILMESH_HOME") or FOLDER)


def open_mesh(name: str, *, free_ports: bool = False, defaults: Mapping[str, str] | None = None) -> Mesh:
    """The mesh of that name, whether it runs or not. A name is a folder's name, and nothing else.

    ``defaults`` are settings for what the environment does not say.
    """
    if not NAME.fullmatch(name):
        raise StackError(f"a mesh cannot be named {name!r}: letters, digits, - and _")
    environment = {**(defaults or {}), **os.environ}
    return Mesh.create(
        meshes_folder() / name, ports="free" if free_ports else "table", environment=environment
    )


def running_meshes() -> list[Mesh]:
    folder = meshes_folder()
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    meshes = map(open_mesh, filter(NAME.fullmatch, names))
    return [mesh for mesh in meshes if mesh.is_running()]


def chosen_mesh(name: str | None) -> Mesh:
    """The named mesh, else the only one that runs, else the default one. Raises StackError if several run."""
    if name is not None:
        return open_mesh(name)
    running = running_meshes()
    if len(running) > 1:
        names = ", ".join(mesh.home.path.name for mesh in running)
        raise StackError(f"several meshes run ({names}): say which with --mesh")
    return running[0] if running else open_mesh(DEFAULT)


def running_mesh(name: str | None) -> Mesh:
    """As `chosen_mesh`, but raises StackError unless it runs."""
    mesh = chosen_mesh(name)
    if not mesh.is_running():
        named = f" {name}" if name else ""
        raise StackError(f"no mesh{named} is running; start it with: retailmesh up")
    return mesh


def print_json(content: Mapping[str, Any]) -> None:
    click.echo(json.dumps(content, indent=2))

"""`generate` writes .build/gen and .build/retailmesh.binpb; `breaking` compares with the main branch."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from libs.codegen.compiler import Workspace, compile_image, generate_python
from libs.codegen.history import contracts_at, first_known_ref

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
IMAGE = BUILD / "retailmesh.binpb"


@click.group()
def main() -> None:
    """Compile the contracts."""


@main.command()
def generate() -> None:
    """Write the Python modules and the image of all contracts."""
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch_name:
        scratch = Path(scratch_name)
        workspace = Workspace(ROOT / "proto", scratch)
        compile_image(workspace, scratch / "image")
        generate_python(workspace, scratch / "image", scratch / "gen")
        _replace(BUILD / "gen", scratch)
        # The image goes last: it is what make looks at to know that the modules are current.
        os.replace(scratch / "image", IMAGE)


def _replace(target: Path, scratch: Path) -> None:
    """Two renames, so that a program that is starting meanwhile finds whole modules, old or new."""
    if target.exists():
        target.rename(scratch / "old")
    (scratch / "gen").rename(target)


@main.command()
def breaking() -> None:
    """Refuse changes that break what the main branch's clients send, store or read as JSON."""
    ref = first_known_ref(ROOT, ["main", "origin/main", "HEAD"])
    with tempfile.TemporaryDirectory() as scratch_name:
        scratch = Path(scratch_name)
        contracts = contracts_at(ROOT, ref, scratch)
        if contracts is None:
            click.echo(f"{ref} has no contracts: nothing to break")
            return
        compile_image(Workspace(contracts, scratch), scratch / "before.binpb")
        against = ["--against", str(scratch / "before.binpb"), "--config", str(ROOT / ".buf.yaml")]
        sys.exit(subprocess.run([_buf(), "breaking", str(IMAGE), *against]).returncode)


def _buf() -> str:
    beside = Path(sys.executable).with_name("buf")
    found = str(beside) if beside.exists() else shutil.which("buf")
    if not found:
        raise click.ClickException("buf is missing: run `make setup`, which installs the buf-bin wheel")
    return found


if __name__ == "__main__":
    main()

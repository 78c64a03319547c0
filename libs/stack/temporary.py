"""A mesh for as long as a block of code lasts, even when its process is killed inside the block."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from libs.stack.home import Home
from libs.stack.mesh import Mesh
from libs.stack.table import ROOT, ServiceTable

# Waits for a line or for the end of its input, which comes when our process is gone, whatever ended it.
GUARD = 'read -r line || exec "$0" -m libs.stack "$1"'


@contextlib.contextmanager
def temporary_mesh(
    *,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, Mapping[str, str]] | None = None,
    table: ServiceTable | None = None,
    durable: bool = False,
) -> Iterator[Mesh]:
    """A mesh on free ports in a temporary folder, not started yet; all of it is gone after the block."""
    home = Path(tempfile.mkdtemp(prefix="retailmesh-"))
    mesh = Mesh.create(home, environment=environment, overrides=overrides, table=table, durable=durable)
    with guarded(mesh.home):
        try:
            yield mesh
        finally:
            mesh.reset()


@contextlib.contextmanager
def guarded(home: Home) -> Iterator[None]:
    """Should this process die inside the block, a small one that waits for it resets the home."""
    guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARD, sys.executable, str(home.path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        guard.communicate(b"done\n")

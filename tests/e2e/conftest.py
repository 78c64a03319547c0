"""A mesh that takes what the retailer of the tests sends, and the command line on it."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from libs.stack import Mesh
from tests.builders.retailer import Retailer, settings_of_services


@pytest.fixture(scope="module")
def mesh_overrides() -> Mapping[str, Mapping[str, str]]:
    return settings_of_services()


@pytest.fixture
async def retailer(mesh: Mesh) -> AsyncIterator[Retailer]:
    """The shop is open: catalogue loaded, shelves counted."""
    async with Retailer(mesh) as retailer:
        await retailer.open()
        yield retailer


class Ran(NamedTuple):
    """What a command printed and ended with."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        return json.loads(self.output)


@pytest.fixture
def retailmesh(mesh: Mesh) -> Callable[..., Awaitable[Ran]]:
    """Runs ``retailmesh`` on the mesh as a process of its own."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "RETAILMESH_HOME": str(mesh.home.path.parent)}

    async def run(*arguments: str) -> Ran:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services.cli.main",
            *arguments,
            "--mesh",
            mesh.home.path.name,
            cwd=root,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        return Ran(process.returncode or 0, output.decode(), errors.decode())

    return run

import pytest

from libs.stack import temporary_mesh
from libs.stack.processes import marked
from tests.builders.dummy_table import dummy_table
from tests.conftest import ENVIRONMENT


@pytest.fixture
def dummies():
    """A mesh of dummy services that was not started yet; after the test nothing of it may run."""
    with temporary_mesh(environment=ENVIRONMENT, table=dummy_table()) as mesh:
        yield mesh
    assert not list(marked(f"{mesh.home.path}:"))
    assert not mesh.home.path.exists()
    assert not mesh.home.sockets.exists()

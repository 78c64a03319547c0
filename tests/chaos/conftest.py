"""A mesh whose ERP is as bad as real ones, and a gateway to it that does not wait long."""

from collections.abc import AsyncIterator, Mapping

import pytest

from libs.stack import Mesh
from tests.builders.retailer import Retailer, settings_of_services

# What a builder asserts is told as fully as what a test asserts.
pytest.register_assert_rewrite("tests.builders.crowd")

IMPATIENT = {"ERP_ANSWERS_AFTER_SECONDS": "1.5", "ERP_SETTLE_SECONDS": "1"}


@pytest.fixture(scope="module")
def mesh_services() -> list[str]:
    return ["channel_gateway", "pos_gateway", "erp_gateway"]


@pytest.fixture(scope="module")
def mesh_overrides() -> Mapping[str, Mapping[str, str]]:
    return settings_of_services(erp_gateway=IMPATIENT)


@pytest.fixture
async def retailer(mesh: Mesh) -> AsyncIterator[Retailer]:
    """The shop is open: catalogue loaded, shelves counted."""
    async with Retailer(mesh) as retailer:
        await retailer.open()
        yield retailer

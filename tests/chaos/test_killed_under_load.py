"""Each part of the mesh is killed twice while customers buy: nothing is lost, doubled or oversold."""

import asyncio

import pytest

from tests.builders.crowd import Crowd, assert_nothing_was_lost_or_doubled, stock
from tests.builders.retailer import kill, start

pytestmark = pytest.mark.chaos

PARTS = ("order", "inventory", "channel_gateway", "pos_gateway", "erp_gateway", "nats", "postgres")
PURCHASES = 60
KILLED_AFTER = (0.2, 0.6)
"""Shares of the purchases that were taken when the part is killed."""


@pytest.mark.timeout(100)
@pytest.mark.parametrize("part", PARTS)
async def test_a_part_killed_twice_under_load_loses_and_doubles_nothing(retailer, mesh, part):
    before = await stock(mesh)
    crowd = Crowd(retailer, first=1000 * (PARTS.index(part) + 1), count=PURCHASES)
    buying = asyncio.create_task(crowd.buy())
    for share in KILLED_AFTER:
        await crowd.until_done(share)
        await kill(mesh, part)
        await start(mesh, part)
    await buying
    await assert_nothing_was_lost_or_doubled(mesh, crowd, before)

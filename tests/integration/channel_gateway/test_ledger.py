from datetime import UTC, datetime

import pytest

from services.channel_gateway.adapters.ledger import PostgresLedger
from services.channel_gateway.domain.handed_over import HandedOver, Sent

NOW = datetime(2024, 4, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def ledger(engine):
    return PostgresLedger(engine)


def handed_over(number="5001", **fields):
    given = {
        "channel": "c",
        "channel_order_id": number,
        "order_id": f"o-{number}",
        "version": NOW,
        "paid": False,
    }
    return HandedOver(**given | fields)


async def test_what_was_saved_is_found_again(ledger):
    full = handed_over(
        paid=True,
        refused=True,
        cancelled=True,
        parcels={"81": Sent("W01", {"9001": 2}), "82": Sent("", {"9002": 1})},
        refunds=frozenset({"91", "92"}),
    )
    await ledger.save([full, handed_over("5002")])
    found = await ledger.find({("c", "5001"), ("c", "5002"), ("c", "5003")})
    assert found == {("c", "5001"): full, ("c", "5002"): handed_over("5002")}


async def test_a_later_state_replaces_the_one_before(ledger):
    await ledger.save([handed_over()])
    await ledger.save([handed_over(paid=True)])
    assert (await ledger.find({("c", "5001")}))["c", "5001"].paid


async def test_nothing_asked_and_nothing_saved_is_nothing_done(ledger):
    await ledger.save([])
    assert await ledger.find(set()) == {}

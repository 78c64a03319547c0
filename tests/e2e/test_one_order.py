"""One order through everything: storefront or till, order, stock, events, ERP; and its story."""

import pytest

from libs.protos import money_from_proto
from retailmesh.erp.v1 import posting_pb2
from retailmesh.inventory.v1 import inventory_service_pb2, stock_pb2
from retailmesh.type.v1 import intake_pb2
from tests.builders.polling import poll_until
from tests.builders.quiet import broken_invariants, until_quiet
from tests.builders.retailer import CHANNEL, STORE, WAREHOUSE
from tests.builders.shopify import LATER, LATEST, a_parcel, a_refund, an_order
from tests.builders.till_files import a_file, a_sale, order_name

pytestmark = pytest.mark.e2e


async def settled(mesh):
    """Nothing is left to do, and all invariants of all services hold."""
    await until_quiet(mesh)
    assert await broken_invariants(mesh) == {}


async def reservations(retailer, order_id):
    request = inventory_service_pb2.ListReservationsRequest(order_id=order_id)
    found = (await retailer.stub("inventory").ListReservations(request)).reservations
    states = stock_pb2.ReservationState
    return [(it.line_id, it.location_id, it.quantity.milli, states.Name(it.state)[18:]) for it in found]


async def movements(retailer, order_id):
    request = inventory_service_pb2.ListMovementsRequest(source_reference=order_id)
    found = (await retailer.stub("inventory").ListMovements(request)).movements
    causes = stock_pb2.MovementCause
    return [(causes.Name(it.cause)[15:], it.location_id, it.quantity.milli) for it in found]


async def on_hand(retailer, sku, place):
    request = inventory_service_pb2.BatchGetAvailabilityRequest(skus=[sku], location_ids=[place])
    [level] = (await retailer.stub("inventory").BatchGetAvailability(request)).levels
    return level.on_hand.milli // 1000


def posted(postings):
    kinds = posting_pb2.PostingKind
    return [(kinds.Name(it.kind)[13:], money_from_proto(it.amount).text()) for it in postings]


async def test_a_storefront_order_is_promised_and_posted(retailer, mesh):
    status, answer = await retailer.webhook("orders/create", an_order(1001), event="order 1001")
    assert (status, answer["status"]) == (200, "received")
    order = await retailer.order_when(1001, "CONFIRMED")
    assert order.details.customer_id == "C-17"
    postings = await retailer.postings_when(order.order_id, 1)
    assert posted(postings) == [("SALE", "31.50")]
    [document] = [it for it in await retailer.erp_documents() if it["reference"] == "#1001"]
    assert document["sums"] == {
        "lines": 2,
        "lines_total": "30.00",
        "tax_total": "1.50",
        "total": "31.50",
        "paid": "31.50",
    }
    [message] = await retailer.messages(order_id=order.order_id)
    assert (message.topic, message.state) == ("orders/create", intake_pb2.INTAKE_STATE_APPLIED)
    await settled(mesh)
    assert await reservations(retailer, order.order_id) == [("9001", WAREHOUSE, 2000, "FIRM")]


async def test_the_same_webhook_again_changes_nothing(retailer, mesh):
    for event in ("order 1002", "order 1002", "order 1002 sent by another worker of the shop"):
        status, _ = await retailer.webhook("orders/create", an_order(1002), event=event)
        assert status == 200
    order = await retailer.order_when(1002, "CONFIRMED")
    await settled(mesh)
    assert await reservations(retailer, order.order_id) == [("9001", WAREHOUSE, 2000, "FIRM")]
    assert posted(await retailer.postings(order.order_id)) == [("SALE", "31.50")]
    assert (await retailer.order(1002)).version == order.version


async def test_a_parcel_takes_the_promised_goods_out_of_stock(retailer, mesh):
    before = await on_hand(retailer, "SKU-2", WAREHOUSE)
    lines = [line | {"sku": "SKU-2"} for line in an_order()["line_items"]]
    await retailer.webhook("orders/create", an_order(1003, line_items=lines), event="order 1003")
    parcel = a_parcel(order=1003)
    sent = an_order(
        1003,
        line_items=lines,
        updated_at=LATER,
        fulfillment_status="fulfilled",
        fulfillments=[parcel | {"line_items": [item | {"sku": "SKU-2"} for item in parcel["line_items"]]}],
    )
    await retailer.webhook("orders/updated", sent, event="order 1003 sent")
    order = await retailer.order_when(1003, "COMPLETED")
    await settled(mesh)
    assert await reservations(retailer, order.order_id) == [("9001", WAREHOUSE, 2000, "CONSUMED")]
    assert await movements(retailer, order.order_id) == [("SHIPMENT", WAREHOUSE, 2000)]
    assert await on_hand(retailer, "SKU-2", WAREHOUSE) == before - 2


async def test_a_refund_is_given_back_once_in_every_system(retailer, mesh):
    await retailer.webhook("orders/create", an_order(1004), event="order 1004")
    sent = an_order(1004, updated_at=LATER, fulfillments=[a_parcel(order=1004)])
    await retailer.webhook("orders/updated", sent, event="order 1004 sent")
    await retailer.order_when(1004, "COMPLETED")
    for event in ("refund 91", "refund 91", "refund 91 by another worker"):
        await retailer.webhook("refunds/create", a_refund(91, order=1004), event=event)
    again = sent | {"updated_at": LATEST, "refunds": [a_refund(91, order=1004)]}
    await retailer.webhook("orders/updated", again, event="order 1004 refunded")

    async def refunded():
        return (await retailer.order(1004)).returns

    assert [money_from_proto(it.amount).text() for it in await poll_until(refunded, 20)] == ["13.25"]
    await settled(mesh)
    order = await retailer.order(1004)
    assert len(order.returns) == 1
    assert posted(await retailer.postings(order.order_id)) == [("SALE", "31.50"), ("CREDIT_NOTE", "-13.25")]
    moved = await movements(retailer, order.order_id)
    assert moved == [("SHIPMENT", WAREHOUSE, 2000), ("RETURN", WAREHOUSE, 1000)]
    notes = [
        it for it in await retailer.erp_documents("credit-notes") if order.order_id in it["external_key"]
    ]
    assert [it["sums"]["total"] for it in notes] == ["13.25"]


async def test_a_cancelled_order_gives_back_its_stock_and_its_sale(retailer, mesh):
    await retailer.webhook("orders/create", an_order(1005), event="order 1005")
    order = await retailer.order_when(1005, "CONFIRMED")
    await retailer.postings_when(order.order_id, 1)
    cancelled = an_order(1005, updated_at=LATER, cancelled_at=LATER, cancel_reason="customer")
    await retailer.webhook("orders/cancelled", cancelled, event="order 1005 cancelled")
    await retailer.order_when(1005, "CANCELLED")
    await settled(mesh)
    assert await reservations(retailer, order.order_id) == [("9001", WAREHOUSE, 2000, "RELEASED")]
    assert posted(await retailer.postings(order.order_id)) == [("SALE", "31.50"), ("CANCELLATION", "-31.50")]
    assert await movements(retailer, order.order_id) == []


async def test_a_till_sale_leaves_the_store_and_is_posted(retailer, mesh):
    before = await on_hand(retailer, "SKU-3", STORE)
    file = a_file(a_sale(17, sku="SKU-3"), a_sale(18, sku="SKU-3", pieces=1))
    status, _ = await retailer.till_file(file)
    assert status == 202
    assert (await retailer.till_file(file))[1]["status"] == "duplicate"
    channel, first = order_name(17)
    order = await retailer.order_when(first, "COMPLETED", channel)
    await retailer.order_when(order_name(18)[1], "COMPLETED", channel)
    await settled(mesh)
    assert order.details.location_id == STORE
    assert await movements(retailer, order.order_id) == [("SALE", STORE, 2000)]
    assert await on_hand(retailer, "SKU-3", STORE) == before - 3
    assert posted(await retailer.postings(order.order_id)) == [("SALE", "25.00")]


async def test_the_story_of_an_order_is_told_over_all_systems(retailer, mesh, retailmesh):
    await retailer.webhook("orders/create", an_order(1007), event="order 1007")
    order = await retailer.order_when(1007, "CONFIRMED")
    await retailer.postings_when(order.order_id, 1)
    await settled(mesh)
    shown = await retailmesh("orders", "show", f"{CHANNEL}/1007", "--json")
    assert shown.status == 0, shown.errors
    story = shown.json
    assert story["header"]["trace_id"] == order.trace_id
    assert story["trace_ids"] == [order.trace_id]
    assert story["unreadable"] == {}
    assert story["sourcing"]["chosen"] == [WAREHOUSE]
    told = [(entry["system"], entry["kind"]) for entry in story["timeline"]]
    assert told[:3] == [(CHANNEL, "bought"), ("channel_gateway", "message"), ("order", "OrderPlaced")]
    assert {("erp_gateway", "posting"), ("erp_gateway", "step"), ("ERP", "call")} <= set(told)
    assert not any(entry["trouble"] for entry in story["timeline"])
    for name in (order.order_id, "#1007", "1007"):
        assert (await retailmesh("orders", "show", name, "--json")).json["header"] == story["header"]


async def test_people_get_the_story_without_personal_data(retailer, retailmesh):
    await retailer.webhook("orders/create", an_order(1008), event="order 1008")
    await retailer.order_when(1008, "CONFIRMED")
    shown = await retailmesh("orders", "show", f"{CHANNEL}/1008")
    assert shown.status == 0, shown.errors
    assert f"#1008  {CHANNEL}/1008  confirmed" in shown.output
    assert "outranked: S01" in shown.output
    assert "C-17" in shown.output
    assert not any(secret in shown.output for secret in ("Ada", "Abbott", "ada@example.com", "+1555", "Mill"))


async def test_a_till_sale_is_found_by_the_name_on_its_receipt(retailer, retailmesh):
    await retailer.till_file(a_file(a_sale(19)))
    channel, name = order_name(19)
    order = await retailer.order_when(name, "COMPLETED", channel)
    by_order = await retailmesh("orders", "show", f"{channel}/{name}", "--json")
    by_receipt = await retailmesh("orders", "show", "S01/7/2024-04-01/19", "--json")
    for shown in (by_order, by_receipt):
        assert shown.json["header"]["order_id"] == order.order_id, shown.errors
        assert ("pos_gateway", "message") in [(it["system"], it["kind"]) for it in shown.json["timeline"]]


async def test_an_unknown_order_is_said_to_be_unknown(retailer, retailmesh):
    for name in (f"{CHANNEL}/404", "404", "00000000-0000-5000-8000-000000000000"):
        shown = await retailmesh("orders", "show", name, "--json")
        assert shown.status == 1
        assert shown.json.keys() == {"error"}


async def test_an_order_is_held_and_released_by_a_person(retailer, mesh, retailmesh):
    await retailer.webhook("orders/create", an_order(1009), event="order 1009")
    await retailer.order_when(1009, "CONFIRMED")
    held = await retailmesh(
        "orders", "hold", f"{CHANNEL}/1009", "--reason", "address to be checked", "--json"
    )
    assert (held.status, held.json["state"], held.json["hold_reasons"]) == (0, "held", ["operator"])
    listed = await retailmesh("orders", "list", "--state", "held", "--channel", CHANNEL, "--json")
    assert [order["channel_order_id"] for order in listed.json["orders"]] == ["1009"]
    released = await retailmesh("orders", "release", f"{CHANNEL}/1009", "--json")
    assert (released.status, released.json["state"]) == (0, "confirmed")
    await settled(mesh)


async def test_reconciliation_finds_the_one_order_that_the_mesh_lacks(retailer, mesh, retailmesh):
    day = {"created_at": "2024-05-06T09:30:00-05:00", "updated_at": "2024-05-06T09:30:00-05:00"}
    known, lost = an_order(1011, **day), an_order(1012, **day)
    await retailer.webhook("orders/create", known, event="order 1011")
    await retailer.believe(known)
    await retailer.order_when(1011, "CONFIRMED")
    await settled(mesh)
    agreed = await retailmesh("reconcile", "--date", "2024-05-06", "--json")
    assert (agreed.status, agreed.json["breaks"]) == (0, []), agreed.output
    await retailer.believe(lost)
    differs = await retailmesh("reconcile", "--date", "2024-05-06", "--json")
    [found] = differs.json["breaks"]
    assert differs.status == 1
    assert (found["kind"], found["subject"]) == ("missing in mesh", f"{CHANNEL}/1012")
    assert found["remedy"] in (await retailmesh("reconcile", "--date", "2024-05-06")).output


async def test_the_invariants_hold_for_the_command_line_too(retailer, mesh, retailmesh):
    await until_quiet(mesh)
    checked = await retailmesh("invariants", "--json")
    assert checked.status == 0, checked.output
    assert {"order", "inventory", "erp_gateway", "channel_gateway", "pos_gateway"} <= checked.json[
        "broken"
    ].keys()
    assert (await retailer.erp("stats"))["doubled"] == []

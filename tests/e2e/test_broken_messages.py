"""Forged, cut-off, hostile and impossible messages: kept from the mesh, shown to a person, mended by one."""

import nats
import pytest

from retailmesh.channel.v1 import channel_service_pb2
from retailmesh.order.v1 import order_pb2
from tests.builders.polling import poll_until
from tests.builders.quiet import broken_invariants, rows, until_quiet
from tests.builders.retailer import CHANNEL, STORE
from tests.builders.shopify import a_line, an_order, body_of
from tests.builders.till_files import a_file, a_sale, an_entity_bomb, order_name

pytestmark = pytest.mark.e2e


async def stored(mesh, service):
    [row] = await rows(mesh, service, "select count(*) as messages from raw_messages")
    return row["messages"]


async def refused_unread(retailer):
    request = channel_service_pb2.SummarizeMessagesRequest()
    return (await retailer.stub("channel_gateway").SummarizeMessages(request)).refused_unread


async def listed(retailmesh, *filters):
    """Letters by id."""
    ran = await retailmesh("deadletters", "list", "--json", *filters)
    assert ran.status == 0, ran.errors
    return {letter["id"]: letter for letter in ran.json["letters"]}


async def test_a_forged_webhook_is_refused_unread_and_only_counted(retailer, mesh):
    before, counted = await stored(mesh, "channel_gateway"), await refused_unread(retailer)
    status, _ = await retailer.webhook("orders/create", an_order(2001), event="forged", secret="guessed")
    assert status == 401

    async def one_more():
        return await refused_unread(retailer) == counted + 1

    await poll_until(one_more)
    assert await stored(mesh, "channel_gateway") == before
    assert await retailer.order(2001) is None


async def test_a_forged_till_file_is_refused_unread(retailer, mesh):
    before = await stored(mesh, "pos_gateway")
    status, _ = await retailer.till_file(a_file(a_sale(1)), secret="guessed")
    assert status == 401
    assert await stored(mesh, "pos_gateway") == before


async def test_a_cut_off_webhook_is_mended_by_a_person(retailer, retailmesh, tmp_path):
    whole = body_of(an_order(2002))
    status, answer = await retailer.webhook("orders/create", whole[: len(whole) // 2], event="cut off")
    assert status == 400
    letter_id = f"channel:{answer['message_id']}"
    letter = (await listed(retailmesh, "--service", "channel_gateway"))[letter_id]
    assert (letter["class"], letter["reason"]) == ("quarantined", "invalid")
    again = await retailmesh("deadletters", "redrive", letter_id, "--json")
    assert again.status == 1
    body = tmp_path / "body.json"
    body.write_bytes(whole)
    mended = await retailmesh("deadletters", "redrive", letter_id, "--body", str(body), "--json")
    assert mended.status == 0, mended.output
    assert (await retailer.order_when(2002, "CONFIRMED")).details.order_number == "#2002"
    assert letter_id not in await listed(retailmesh)


async def test_a_price_below_zero_names_its_field_and_is_dismissed(retailer, retailmesh):
    order = an_order(2003, line_items=[a_line(price="-12.50")])
    status, answer = await retailer.webhook("orders/create", order, event="negative")
    assert status == 422
    letter_id = f"channel:{answer['message_id']}"
    [problem] = (await listed(retailmesh))[letter_id]["problems"]
    assert problem["field"] == "line_items[0].price"
    shown = await retailmesh("deadletters", "show", letter_id)
    assert "line_items[0].price" in shown.output
    assert "ada@example.com" not in shown.output
    with_body = await retailmesh("deadletters", "show", letter_id, "--body")
    assert "ada@example.com" in with_body.output
    dropped = await retailmesh(
        "deadletters", "dismiss", letter_id, "--reason", "a test of the shop", "--json"
    )
    assert dropped.status == 0, dropped.output
    assert letter_id not in await listed(retailmesh)
    assert await retailer.order(2003) is None


async def test_a_body_that_breaks_rules_is_not_taken_for_a_correction(retailer, retailmesh, tmp_path):
    order = an_order(2004, line_items=[a_line(price="-12.50")])
    _, answer = await retailer.webhook("orders/create", order, event="negative again")
    body = tmp_path / "body.json"
    body.write_bytes(body_of(an_order(2004, line_items=[a_line(price="-1.00")])))
    letter_id = f"channel:{answer['message_id']}"
    refused = await retailmesh("deadletters", "redrive", letter_id, "--body", str(body))
    assert refused.status == 1
    assert "line_items[0].price" in refused.errors
    body.write_bytes(body_of(an_order(2004)))
    mended = await retailmesh("deadletters", "redrive", letter_id, "--body", str(body), "--json")
    assert mended.status == 0, mended.output
    await retailer.order_when(2004, "CONFIRMED")


async def test_an_order_of_an_unknown_product_is_held_until_a_person_names_it(retailer, mesh, retailmesh):
    order = an_order(2005, line_items=[a_line(sku="NOBODY-KNOWS", variant_id=999)])
    status, _ = await retailer.webhook("orders/create", order, event="unknown product")
    assert status == 200
    held = await retailer.order_when(2005, "HELD")
    assert list(held.hold_reasons) == [order_pb2.HOLD_REASON_UNKNOWN_PRODUCT]
    await until_quiet(mesh)
    assert await retailer.postings(held.order_id) == []
    released = await retailmesh(
        "orders", "release", f"{CHANNEL}/2005", "--line", f"{held.details.lines[0].line_id}=SKU-1", "--json"
    )
    assert (released.status, released.json["state"]) == (0, "confirmed"), released.output
    await retailer.postings_when(held.order_id, 1)


async def test_an_entity_bomb_does_no_harm_and_is_replaced_by_a_person(retailer, mesh, retailmesh, tmp_path):
    status, answer = await retailer.till_file(an_entity_bomb())
    assert status in (400, 422)
    letter_id = f"pos:{answer['message_id']}"
    assert (await listed(retailmesh, "--service", "pos_gateway"))[letter_id]["class"] == "quarantined"
    assert {part.condition for part in mesh.status()} == {"ready"}
    assert (await retailmesh("deadletters", "redrive", letter_id)).status == 1
    body = tmp_path / "file.xml"
    body.write_bytes(a_file(a_sale(22)))
    mended = await retailmesh("deadletters", "redrive", letter_id, "--body", str(body), "--json")
    assert mended.status == 0, mended.output
    channel, name = order_name(22)
    await retailer.order_when(name, "COMPLETED", channel)


async def test_a_cut_off_till_file_is_mended_by_a_person(retailer, retailmesh, tmp_path):
    whole = a_file(a_sale(21))
    status, answer = await retailer.till_file(whole[: len(whole) // 2])
    assert status == 400
    body = tmp_path / "file.xml"
    body.write_bytes(whole)
    letter_id = f"pos:{answer['message_id']}"
    mended = await retailmesh("deadletters", "redrive", letter_id, "--body", str(body), "--json")
    assert mended.status == 0, mended.output
    channel, name = order_name(21)
    assert (await retailer.order_when(name, "COMPLETED", channel)).details.location_id == STORE


async def test_an_event_that_cannot_be_read_is_redriven_and_dismissed_by_a_person(mesh, retailmesh):
    broker = await nats.connect(mesh.nats_url)
    headers = {
        "Nats-Msg-Id": "broken",
        "ce-specversion": "1.0",
        "ce-id": "00000000-0000-4000-8000-00000000000b",
        "ce-type": "retailmesh.order.v1.OrderPlaced",
        "ce-source": "/retailmesh/order",
        "ce-subject": "broken order",
        "ce-time": "2026-06-01T09:00:00+00:00",
    }
    subject = "retail.order.v1.order.placed.p0"
    await broker.jetstream().publish(subject, b"\xff no OrderPlaced", headers=headers)
    await broker.close()

    async def buried(*known):
        async def found():
            letters = await listed(retailmesh, "--service", "erp_gateway", "--key", "broken order")
            return letters.keys() - set(known)

        [letter_id] = await poll_until(found, 15)
        return letter_id

    first = await buried()
    shown = await retailmesh("deadletters", "show", first)
    assert "erp_gateway/facts" in shown.output
    assert "invalid" in shown.output
    assert "ce-id: 00000000-0000-4000-8000-00000000000b" in shown.output
    again = await retailmesh("deadletters", "redrive", "--all", "--service", "erp_gateway", "--json")
    assert (again.status, [it["outcome"] for it in again.json["letters"]]) == (0, ["published again"])
    second = await buried(first)
    letters = await listed(retailmesh, "--key", "broken order")
    dropped = await retailmesh("deadletters", "dismiss", *letters, "--reason", "nobody's event", "--json")
    assert dropped.status == 0, dropped.output
    assert second in letters
    assert await listed(retailmesh, "--key", "broken order") == {}


async def test_what_does_not_exist_cannot_be_redriven(retailmesh):
    for letter_id in ("event:999", "channel:00000000-0000-4000-8000-000000000000", "nonsense"):
        ran = await retailmesh("deadletters", "redrive", letter_id)
        assert ran.status == 1
        assert letter_id.partition(":")[2] in ran.errors


async def test_every_invariant_holds_after_all_that(mesh):
    await until_quiet(mesh)
    assert await broken_invariants(mesh) == {}

"""Webhooks over real HTTP into a real database."""

import asyncio

import pytest

from libs.database import create_engine
from tests.builders.polling import poll_until
from tests.builders.shopify import SECRET, SHOP, a_line, an_order, body_of, headers_of, signature
from tests.integration.channel_gateway.conftest import serving


async def test_a_signed_webhook_is_stored_before_it_is_answered(send, rows):
    status, answer = await send("orders/create", an_order(), event="e1")
    (row,) = await rows()
    assert (status, answer["status"], answer["message_id"]) == (200, "received", str(row["message_id"]))
    assert (row["sender"], row["topic"], row["sender_event_id"]) == (SHOP, "orders/create", "e1")
    assert row["business_key"] == f"shopify:{SHOP}/5001"
    assert bytes(row["body"]) == body_of(an_order())
    assert len(row["traceparent"]) == 55


async def test_no_signature_and_no_secret_is_ever_kept(send, rows):
    await send("orders/create", an_order())
    (row,) = await rows()
    assert "X-Shopify-Hmac-Sha256" not in row["headers"]
    assert row["headers"]["X-Shopify-Topic"] == "orders/create"


@pytest.mark.parametrize(
    "header", [None, "", "wronghash", "XXXXXaGVsbG8=", "A" * 8_000, signature(b"another body")]
)
async def test_a_webhook_without_a_right_signature_leaves_only_a_number(send, rows, desk, refused, header):
    status, answer = await send("orders/create", an_order(), headers={"X-Shopify-Hmac-Sha256": header})
    assert (status, answer["title"]) == (401, "The signature is missing or wrong")
    assert await rows() == []

    async def counted():
        return (await desk.summarize())[1] == 1

    await poll_until(counted)


async def test_an_unknown_shop_is_answered_like_a_wrong_signature(send, desk):
    wrong = await send("orders/create", an_order(), secret="guess")
    unknown = await send("orders/create", an_order(), shop="nobody.myshopify.com")
    assert wrong == unknown
    assert wrong[0] == 401


async def test_an_empty_secret_does_not_open_an_unknown_shop(send):
    status, _ = await send("orders/create", an_order(), secret="", shop="nobody.myshopify.com")
    assert status == 401


async def test_the_secret_before_is_valid_during_a_rotation(send):
    status, _ = await send("orders/create", an_order(), secret="the secret before")
    assert status == 200


async def test_a_repeat_is_welcome_counted_and_not_stored_again(send, rows, desk):
    _, first = await send("orders/create", an_order(), event="e1")
    status, again = await send("orders/create", an_order(), event="e1")
    assert (status, again) == (200, {"status": "duplicate", "message_id": first["message_id"]})
    assert len(await rows()) == 1
    counts, _ = await desk.summarize()
    assert ("ignored", "duplicate", 1) in [(one.state, one.reason, one.messages) for one in counts]


async def test_without_an_event_id_the_delivery_id_tells_repeats_and_without_that_the_content(send, rows):
    without = {"X-Shopify-Event-Id": None}
    await send("orders/create", an_order(), event="e1", headers=without)
    await send("orders/create", an_order(), event="e1", headers=without)
    without["X-Shopify-Webhook-Id"] = None
    await send("orders/create", an_order(), headers=without)
    await send("orders/create", an_order(), headers=without)
    assert [row["repeats"] for row in await rows()] == [1, 1]


async def test_a_truncated_body_is_kept_and_named_unreadable(send, rows):
    cut = body_of(an_order())[:150]
    status, answer = await send("orders/create", cut)
    assert (status, answer["status"], answer["title"]) == (400, 400, "The message cannot be read")
    assert answer["errors"][0]["field"] == ""
    assert answer["errors"][0]["rule"].startswith("must be JSON")
    (row,) = await rows()
    assert (row["state"], bytes(row["body"]), row["reason"]) == ("quarantined", cut, "invalid")


async def test_a_broken_field_is_answered_with_its_path_and_rule(send, rows):
    status, answer = await send("orders/create", an_order(line_items=[a_line(price="-3.00")]))
    assert status == 422
    assert answer["errors"] == [{"field": "line_items[0].price", "rule": "must not be negative"}]
    (row,) = await rows()
    assert answer["message_id"] == str(row["message_id"])
    assert row["state"] == "quarantined"


async def test_a_problem_is_a_problem_document(client):
    async with client.post(f"/webhooks/shopify/{SHOP}", data=b"{}") as response:
        assert (response.status, response.content_type) == (401, "application/problem+json")


async def test_the_intact_repeat_of_a_broken_webhook_is_applied(send, rows, start_worker, settled):
    await start_worker()
    await send("orders/create", body_of(an_order())[:150], event="e1")
    status, _ = await send("orders/create", an_order(), event="e1")
    assert status == 200
    assert await settled() == [("orders/create", "applied", "")]
    types = [
        row["type"].rpartition(".")[2] for row in await rows("select type from outbox order by position")
    ]
    assert types == ["MessageQuarantined", "MessageResolved"]


@pytest.mark.parametrize("topic", ["orders/edited", "orders/delete", "inventory_levels/update", ""])
async def test_a_topic_that_nobody_follows_is_acknowledged(send, rows, topic):
    status, answer = await send(topic, {"id": 1})
    assert (status, answer["status"]) == (200, "ignored")
    (row,) = await rows()
    assert (row["state"], row["reason"]) == ("ignored", "unknown_topic")


async def test_a_body_that_is_too_large_is_refused(send, rows):
    status, answer = await send("orders/create", b"x" * 100_001)
    assert (status, answer["title"]) == (413, "The message is too large")
    assert await rows() == []


async def test_an_endless_body_is_cut_off(client, rows):
    async def endless():
        while True:
            yield b"x" * 10_000

    async with client.post(f"/webhooks/shopify/{SHOP}", data=endless()) as response:
        assert response.status == 413
    assert await rows() == []


async def test_other_paths_and_methods_are_problems_too(client):
    async with client.get(f"/webhooks/shopify/{SHOP}") as response:
        assert (response.status, response.content_type) == (405, "application/problem+json")
    async with client.post(f"/webhooks/nobody/{SHOP}", data=b"") as response:
        assert response.status == 404
    async with client.post("/elsewhere", data=b"") as response:
        assert response.status == 404


async def test_a_database_that_is_away_asks_the_storefront_to_come_back(refused):
    away = create_engine("postgresql://nobody@127.0.0.1:1/nothing", application_name="test")
    body = body_of(an_order())
    headers = headers_of(body, "orders/create", "e1")
    async with (
        serving(away, refused) as client,
        client.post(f"/webhooks/shopify/{SHOP}", data=body, headers=headers) as response,
    ):
        assert (response.status, response.headers["Retry-After"]) == (503, "2")
        assert response.content_type == "application/problem+json"
    await away.dispose()


async def test_concurrent_webhooks_share_transactions_and_are_all_kept(send, rows):
    answers = await asyncio.gather(*(send("orders/create", an_order(6000 + n)) for n in range(60)))
    assert {status for status, _ in answers} == {200}
    assert len(await rows()) == 60
    transactions = await rows("select count(distinct xmin::text) as number from raw_messages")
    assert transactions[0]["number"] < 60


async def test_a_signature_is_over_the_raw_bytes(send):
    pretty = body_of(an_order()).replace(b": ", b"  :\n")
    assert (await send("orders/create", pretty))[0] == 200
    as_if = {"X-Shopify-Hmac-Sha256": signature(body_of(an_order()), SECRET)}
    assert (await send("orders/create", pretty, headers=as_if))[0] == 401

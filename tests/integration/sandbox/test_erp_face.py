import asyncio

import aiohttp
import pytest

from tests.builders.polling import poll_until
from tests.integration.sandbox.conftest import TOKEN, answer, serving


async def post(client, path, **body):
    return await answer(client.post(f"/erp/{path}", json=body, headers=TOKEN))


async def get(client, path, **query):
    return await answer(client.get(f"/erp/{path}", params=query, headers=TOKEN))


async def posted(client, path, **body):
    status, document = await post(client, path, **body)
    assert status == 201, document
    return document["id"]


async def an_order(client, key="order-1"):
    customer = await posted(client, "customers", external_key="customer-1", name="Ada")
    return await posted(client, "orders", external_key=key, customer_id=customer, currency="USD")


async def test_an_order_is_written_in_separate_calls_and_adds_up(sandbox):
    order = await an_order(sandbox)
    lines = [
        {"sku": "A", "quantity": "2", "amount": "10.00"},
        {"sku": "B", "quantity": "1", "amount": "2.50"},
    ]
    await posted(sandbox, f"orders/{order}/lines", external_key="order-1/lines", lines=lines)
    tax = [{"rate": "7", "amount": "0.70"}, {"rate": "20", "amount": "0.10", "included": True}]
    await posted(sandbox, f"orders/{order}/tax", external_key="order-1/tax", tax=tax)
    payments = [{"tender": "card", "amount": "13.20"}]
    await posted(sandbox, f"orders/{order}/payment", external_key="order-1/payment", payments=payments)
    _, document = await get(sandbox, f"orders/{order}")
    assert document["sums"] == {
        "lines": 2,
        "lines_total": "12.50",
        "tax_total": "0.80",
        "total": "13.20",
        "paid": "13.20",
    }
    assert document["parts"]["lines"][0]["lines"] == lines
    assert document["external_key"] == "order-1"


async def test_a_credit_note_is_a_document_of_its_own(sandbox):
    note = await posted(sandbox, "credit-notes", external_key="note-1", currency="USD")
    await posted(sandbox, f"credit-notes/{note}/lines", external_key="l", lines=[{"amount": "4.00"}])
    await posted(sandbox, f"credit-notes/{note}/payment", external_key="p", payments=[{"amount": "4.00"}])
    _, document = await get(sandbox, f"credit-notes/{note}")
    assert (document["sums"]["total"], document["sums"]["paid"]) == ("4.00", "4.00")


async def ids(client, path, external_key):
    _, found = await get(client, path, external_key=external_key)
    return [one["id"] for one in found["items"]]


async def test_a_document_is_found_by_its_external_key(sandbox):
    order = await an_order(sandbox)
    lines = await posted(sandbox, f"orders/{order}/lines", external_key="k/lines", lines=[])
    assert [one["id"] for one in (await get(sandbox, "orders", external_key="order-1"))[1]["items"]] == [
        order
    ]
    found = (await get(sandbox, f"orders/{order}/lines", external_key="k/lines"))[1]["items"]
    assert [one["id"] for one in found] == [lines]
    assert (await get(sandbox, "orders", external_key="nothing"))[1]["items"] == []


async def test_documents_are_listed_in_pages_with_their_sums(sandbox):
    customer = await posted(sandbox, "customers", external_key="c")
    keys = [f"order-{number}" for number in range(5)]
    for key in keys:
        await posted(sandbox, "orders", external_key=key, customer_id=customer)
    listed, after = [], ""
    for _ in range(3):
        _, page = await get(sandbox, "orders", limit=2, after=after)
        listed += page["items"]
        after = page["next"]
    assert [one["external_key"] for one in listed] == keys
    assert after == ""
    assert all(one["sums"]["total"] == "0.00" for one in listed)


async def test_a_blind_repetition_makes_a_double_and_the_statistics_tell(sandbox):
    await an_order(sandbox)
    await an_order(sandbox)
    _, stats = await get(sandbox, "stats")
    assert stats["documents"] == {"customers": 2, "orders": 2}
    assert stats["doubled"] == [
        {"kind": "customers", "external_key": "customer-1", "count": 2},
        {"kind": "orders", "external_key": "order-1", "count": 2},
    ]


async def test_a_call_beyond_the_slots_is_answered_429_with_a_delay(tmp_path):
    async with serving(tmp_path, erp_slots=2) as client:
        await client.post("/erp/_control", json={"hold": {"kind": "customers", "key_contains": "slow"}})
        held = [
            asyncio.create_task(post(client, "customers", external_key=f"slow-{number}"))
            for number in range(2)
        ]
        await poll_until(lambda: held_keys(client, 2))
        async with client.post("/erp/customers", json={"external_key": "k"}, headers=TOKEN) as response:
            assert response.status == 429
            assert response.headers["Retry-After"] == "1"
        await client.post("/erp/_control", json={"release": "answer"})
        assert [status for status, _ in await asyncio.gather(*held)] == [201, 201]
        assert (await post(client, "customers", external_key="k"))[0] == 201
        _, stats = await get(client, "stats")
        assert (stats["turned_away"], stats["most_in_use"], stats["in_use"]) == (1, 2, 0)


async def held_keys(client, count):
    _, control = await get(client, "_control")
    return len(control["held"]) == count and control["held"]


async def test_a_held_answer_that_is_broken_off_was_written_all_the_same(sandbox):
    await sandbox.post("/erp/_control", json={"hold": {"kind": "customers", "key_contains": "k"}})
    lost = asyncio.create_task(post(sandbox, "customers", external_key="k-1"))
    await poll_until(lambda: held_keys(sandbox, 1))
    _, found = await get(sandbox, "customers", external_key="k-1")
    assert len(found["items"]) == 1
    await sandbox.post("/erp/_control", json={"release": "break"})
    with pytest.raises(aiohttp.ClientError):
        await lost
    assert (await post(sandbox, "customers", external_key="k-2"))[0] == 201


async def test_a_lost_answer_leaves_a_document_and_a_failure_before_leaves_none(tmp_path):
    async with serving(tmp_path) as client:
        await client.post("/erp/_control", json={"failed_before": 300, "answer_lost": 300})
        answers = {}
        for number in range(60):
            try:
                answers[f"k-{number}"] = (await post(client, "customers", external_key=f"k-{number}"))[0]
            except aiohttp.ClientError:
                answers[f"k-{number}"] = 0
        assert set(answers.values()) == {0, 201, 500, 503, 504}
        await client.post("/erp/_control", json={"failed_before": 0, "answer_lost": 0})
        for key, status in answers.items():
            _, found = await get(client, "customers", external_key=key)
            assert len(found["items"]) == (0 if status in (500, 503) else 1)
        _, stats = await get(client, "stats")
        lost = [status for status in answers.values() if status in (0, 504)]
        assert stats["faults"]["answer_lost"] + stats["faults"]["answer_timed_out"] == len(lost)


async def test_documents_outlive_the_process(tmp_path):
    async with serving(tmp_path) as client:
        order = await an_order(client)
    async with serving(tmp_path) as client:
        _, found = await get(client, "orders", external_key="order-1")
        assert [one["id"] for one in found["items"]] == [order]
        assert await an_order(client, "order-2") > order


async def test_without_the_token_nothing_is_told(sandbox):
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "a-token"}):
        status, body = await answer(sandbox.get("/erp/orders", headers=headers))
        assert (status, body["error"]["code"]) == (401, "unauthorised")


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("customers", {}, 422, "external_key"),
        ("customers", {"external_key": 7}, 422, "external_key"),
        ("customers", {"external_key": "k" * 201}, 422, "external_key"),
        ("orders", {"external_key": "k"}, 404, "customer_id"),
        ("orders", {"external_key": "k", "customer_id": "SO-0000001"}, 404, "customer_id"),
        ("orders/SO-0000009/lines", {"external_key": "k", "lines": []}, 404, "id"),
        ("credit-notes/SO-0000001/lines", {"external_key": "k"}, 404, "id"),
        ("customers", {"external_key": "k", "lines": {}}, 422, "lines"),
        ("customers", {"external_key": "k", "lines": [{}]}, 422, "lines[0].amount"),
        ("customers", {"external_key": "k", "tax": [{"amount": "1,5"}]}, 422, "tax[0].amount"),
        ("customers", {"external_key": "k", "payments": [{"amount": 1.5}]}, 422, "payments[0].amount"),
    ],
)
async def test_what_the_erp_cannot_take_is_refused_by_field(sandbox, path, body, status, field):
    found, refused = await post(sandbox, path, **body)
    assert (found, refused["error"]["field"]) == (status, field)
    _, stats = await get(sandbox, "stats")
    assert stats["documents"] == {}


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
async def test_what_is_no_json_object_is_refused(sandbox, body):
    status, refused = await answer(sandbox.post("/erp/customers", data=body, headers=TOKEN))
    assert (status, refused["error"]["code"]) == (422, "malformed")


@pytest.mark.parametrize(
    "body",
    [
        {"latency_ms": [5]},
        {"latency_ms": [9, 3]},
        {"slots": "many"},
        {"failed_before": -1},
        {"hold": "customers"},
        {"hold": {"kind": "orders/nothing", "key_contains": ""}},
    ],
)
async def test_the_weather_is_only_set_to_what_makes_sense(sandbox, body):
    _, before = await get(sandbox, "_control")
    assert (await answer(sandbox.post("/erp/_control", json=body)))[0] == 422
    assert (await get(sandbox, "_control"))[1] == before

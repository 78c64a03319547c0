import pytest

from tests.integration.sandbox.conftest import answer

ORDERS = "/storefront/admin/api/2024-04/orders.json"


def order(number, *, minute=0, updated=0, cancelled_at=None):
    return {
        "id": 2**60 + number,
        "created_at": f"2017-12-23T10:{minute:02d}:00-05:00",
        "updated_at": f"2017-12-23T11:{updated:02d}:00-05:00",
        "cancelled_at": cancelled_at,
        "total_price": "470.00",
    }


async def believes(client, *orders):
    assert (await answer(client.post("/_control/storefront/orders", json={"orders": orders})))[0] == 201


async def listed(client, url=ORDERS, **query):
    found = []
    while url:
        async with client.get(url, params=query) as response:
            assert response.status == 200
            found += (await response.json())["orders"]
            url, query = response.links.get("next", {}).get("url"), {}
    return found


async def test_orders_are_listed_in_pages_by_the_link_header(sandbox):
    rows = [order(number, minute=number) for number in range(7)]
    await believes(sandbox, *reversed(rows))
    assert await listed(sandbox, limit=3, status="any") == rows


async def test_the_newest_state_of_an_order_wins_whichever_comes_first(sandbox):
    newer, older = order(1, updated=30), order(1, updated=10)
    await believes(sandbox, newer)
    await believes(sandbox, older)
    assert await listed(sandbox) == [newer]
    status, body = await answer(sandbox.get(f"/storefront/admin/api/2024-04/orders/{newer['id']}.json"))
    assert (status, body) == (200, {"order": newer})


async def test_instants_are_compared_across_offsets(sandbox):
    rows = [order(1, minute=10), {**order(2), "created_at": "2017-12-23T15:20:00+00:00"}, order(3, minute=30)]
    await believes(sandbox, *rows)
    found = await listed(
        sandbox, created_at_min="2017-12-23T15:15:00Z", created_at_max="2017-12-23T10:25:00-05:00"
    )
    assert found == [rows[1]]


async def test_cancelled_orders_are_listed_when_asked_for(sandbox):
    rows = [order(1), order(2, minute=1, cancelled_at="2017-12-23T12:00:00-05:00")]
    await believes(sandbox, *rows)
    assert await listed(sandbox) == [rows[0]]
    assert await listed(sandbox, status="cancelled") == [rows[1]]
    assert await listed(sandbox, status="any") == rows


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "251"},
        {"limit": "0"},
        {"limit": "all"},
        {"status": "lost"},
        {"page_info": "e30"},
        {"page_info": "!"},
        {"page_info": "e30", "status": "any"},
    ],
)
async def test_a_page_that_cannot_be_is_refused(sandbox, query):
    assert (await answer(sandbox.get(ORDERS, params=query)))[0] == 422


async def test_an_order_that_nobody_placed_is_unknown(sandbox):
    assert (await answer(sandbox.get("/storefront/admin/api/2024-04/orders/1.json")))[0] == 404
    assert (await answer(sandbox.get("/storefront/admin/api/2024-04/orders/x.json")))[0] == 422


def entry(sequence, store="297", business_date="2017-12-23", **given):
    key = {"store": store, "workstation": f"{store}01", "sequence": sequence, "business_date": business_date}
    return {**key, "type": "sale", "total": "12.99", "currency": "USD", **given}


async def journal(client, **query):
    entries, after = [], "//0"
    while after:
        params = {"business_date": "2017-12-23", "limit": 2, **query, "after": after}
        _, page = await answer(client.get("/tills/journal", params=params))
        entries += page["entries"]
        after = page["next"]
    return entries


async def test_the_journal_is_read_in_the_tills_own_order(sandbox):
    rows = [entry(9), entry(10), entry(11), entry(3, "318"), entry(1, business_date="2017-12-24")]
    body = {"entries": list(reversed(rows))}
    assert (await answer(sandbox.post("/_control/tills/journal", json=body)))[0] == 201
    assert await journal(sandbox) == rows[:4]
    assert await journal(sandbox, store="318") == [rows[3]]


async def test_a_journal_entry_is_never_rewritten(sandbox):
    for total in ("12.99", "0.01"):
        await sandbox.post("/_control/tills/journal", json={"entries": [entry(1, total=total)]})
    assert [one["total"] for one in await journal(sandbox)] == ["12.99"]


@pytest.mark.parametrize(
    "query", [{}, {"business_date": "today"}, {"business_date": "2017-12-23", "after": "x"}]
)
async def test_a_journal_without_a_day_or_a_place_is_refused(sandbox, query):
    assert (await answer(sandbox.get("/tills/journal", params=query)))[0] == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("storefront/orders", {}),
        ("storefront/orders", {"orders": [{"id": "1"}]}),
        ("tills/journal", {"entries": [{"store": "1"}]}),
    ],
)
async def test_beliefs_need_their_keys(sandbox, path, body):
    assert (await answer(sandbox.post(f"/_control/{path}", json=body)))[0] == 422

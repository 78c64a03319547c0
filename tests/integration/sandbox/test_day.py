import base64
import gzip
import hmac
import json
from collections import Counter

import pytest
from aiohttp import web
from google.protobuf import json_format
from protovalidate import Validator

from libs.stack import ServiceTable
from retailmesh.inventory.v1 import inventory_service_pb2
from retailmesh.masterdata.v1 import party_pb2, product_pb2
from tests.builders.polling import poll_until
from tests.integration.sandbox.conftest import answer

HEAD = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
MESSAGES = {
    "products": product_pb2.Product,
    "prices": product_pb2.Price,
    "promotions": product_pb2.Promotion,
    "locations": party_pb2.Location,
    "customers": party_pb2.Customer,
    "stock": inventory_service_pb2.CountedStock,
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("day") / "invoices.csv.gz"
    rows = [
        f"5363{n:02d},{22600 + n % 9},ARTICLE,{1 + n % 4},2010-12-01 {8 + n // 8:02d}:{n % 60:02d}:00,"
        f"{1 + n % 5}.25,{17850 + n % 7}.0,{'France' if n % 3 else 'United Kingdom'}\n"
        for n in range(60)
    ]
    rows += ["536500,22601,damages,-5,2010-12-01 12:00:00,0.0,,United Kingdom\n"]
    path.write_bytes(gzip.compress((HEAD + "".join(rows)).encode()))
    return path


class Gateways:
    """Both gateways in one: checks signatures, and is at times too busy."""

    def __init__(self):
        self.bodies = Counter()
        self.answers = Counter()
        self.away = False

    async def handle(self, request):
        body = await request.read()
        key = (request.path, request.headers.get("X-Shopify-Webhook-Id"), body)
        self.bodies[key] += 1
        status = 503 if self.away else self.verdict(request, body, self.bodies[key])
        self.answers[status] += 1
        return web.Response(status=status, headers={"Retry-After": "0"} if status == 429 else {})

    def verdict(self, request, body, times):
        if not self.is_genuine(request, body):
            return 401
        if times == 1 and len(self.bodies) % 5 == 0:
            return 503 if len(self.bodies) % 2 else 429
        return 200

    def is_genuine(self, request, body):
        if request.path.startswith("/poslog/"):
            return request.headers["X-Till-Token"] == hmac.digest(b"quiet", body, "sha256").hex()
        signature = base64.b64encode(hmac.digest(b"hush", body, "sha256")).decode()
        return request.headers["X-Shopify-Hmac-Sha256"] == signature


@pytest.fixture
async def gateways():
    app, gateways = web.Application(client_max_size=2**24), Gateways()
    app.router.add_route("*", "/{path:.*}", gateways.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateways.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield gateways
    await runner.cleanup()


async def plan(client, file, **given):
    body = {"source": "online-retail", "file": str(file), **given}
    status, planned = await answer(client.post("/_control/day", json=body))
    assert status == 201, planned
    return planned["summary"]


async def start(client, gateways, **given):
    body = {"webhooks_url": gateways.url, "tills_url": gateways.url, **given}
    assert (await answer(client.post("/_control/day/start", json=body)))[0] == 202


async def progress(client):
    return (await answer(client.get("/_control/day")))[1]


async def ended(client):
    return await poll_until(lambda: at_stage(client, "played", "stopped", "failed"), deadline=30)


async def at_stage(client, *stages):
    now = await progress(client)
    return now if now["stage"] in stages else None


async def all_of(client, path, part):
    items, after = [], "0"
    while after:
        query = {"part": part, "after": after, "limit": 7}
        _, page = await answer(client.get(f"/_control/day/{path}", params=query))
        items += page["items"]
        after = page["next"]
    return items


async def test_a_day_is_planned_played_and_booked_where_the_truth_is_asked_for(sandbox, file, gateways):
    summary = await plan(sandbox, file)
    await start(sandbox, gateways)
    done = await ended(sandbox)
    assert (done["stage"], done["done"]) == ("played", summary["messages"]["total"])
    assert done["unexpected"] == []
    assert done["answers"].keys() == {"200", "401"}
    assert done["retries"] == gateways.answers[503] + gateways.answers[429] > 0
    truth = {one["order_id"]: one for one in await all_of(sandbox, "truth", "orders")}
    query = {"status": "any", "limit": 250}
    async with sandbox.get("/storefront/admin/api/2024-04/orders.json", params=query) as response:
        believed = json.loads(await response.read())["orders"]
    assert {str(one["id"]): one["total_price"] for one in believed} == {
        number: one["total"] for number, one in truth.items()
    }
    _, journal = await answer(sandbox.get("/tills/journal", params={"business_date": "2010-12-01"}))
    assert [one["type"] for one in journal["entries"]] == ["correction"]


async def test_playing_again_sends_the_same_bytes(sandbox, file, gateways):
    await plan(sandbox, file)
    await start(sandbox, gateways)
    await ended(sandbox)
    first = set(gateways.bodies)
    await plan(sandbox, file)
    await start(sandbox, gateways)
    await ended(sandbox)
    assert set(gateways.bodies) == first


async def test_a_receiver_that_is_away_gets_everything_once_it_is_back(sandbox, file, gateways):
    gateways.away = True
    await plan(sandbox, file)
    await start(sandbox, gateways)
    await poll_until(lambda: gateways.answers[503] > 20)
    gateways.away = False
    done = await ended(sandbox)
    assert (done["stage"], done["unexpected"]) == ("played", [])


async def test_a_day_can_be_stopped_and_only_one_is_played_at_a_time(sandbox, file, gateways):
    await plan(sandbox, file)
    await start(sandbox, gateways, speed=1)
    assert (await progress(sandbox))["stage"] == "playing"
    for path in ("day", "day/start"):
        body = {"source": "online-retail", "file": str(file)}
        assert (await answer(sandbox.post(f"/_control/{path}", json=body)))[0] == 409
    assert (await answer(sandbox.post("/_control/day/stop")))[1] == {"stage": "stopped"}
    await start(sandbox, gateways)
    assert (await ended(sandbox))["stage"] == "played"


@pytest.mark.parametrize("part", MESSAGES)
async def test_master_data_are_valid_messages_of_the_contracts(sandbox, file, part):
    await plan(sandbox, file)
    rows = await all_of(sandbox, "master-data", part)
    assert rows
    for row in rows:
        message = json_format.ParseDict(row, MESSAGES[part](), ignore_unknown_fields=True)
        assert Validator().collect_violations(message) == []


async def test_a_reset_forgets_what_the_outside_world_believed(sandbox, file, gateways):
    await plan(sandbox, file)
    await start(sandbox, gateways)
    await ended(sandbox)
    assert (await answer(sandbox.post("/_control/reset")))[0] == 200
    url = "/storefront/admin/api/2024-04/orders.json"
    assert (await answer(sandbox.get(url, params={"status": "any"})))[1] == {"orders": []}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"source": "nowhere"}, 422, "source"),
        ({"source": "online-retail"}, 422, "file"),
        ({"source": "online-retail", "file": "/no/such.csv.gz"}, 404, "file"),
        ({"date": "yesterday"}, 422, "date"),
        ({"stores": 0}, 422, "stores"),
        ({"stores": [1]}, 422, "stores"),
        ({"options": {"luck": 1}}, 422, "options"),
        ({"options": {"late_share": -1}}, 422, "options"),
        ({"seed": 7}, 422, "seed"),
    ],
)
async def test_a_day_that_cannot_be_planned_is_refused_by_field(sandbox, body, status, field):
    found, refused = await answer(sandbox.post("/_control/day", json=body))
    assert (found, refused["error"]["field"]) == (status, field)
    assert (await progress(sandbox))["stage"] in ("idle", "failed")


async def test_nothing_is_played_or_told_before_a_day_is_planned(sandbox):
    assert (await answer(sandbox.post("/_control/day/start")))[0] == 404
    query = {"part": "products"}
    assert (await answer(sandbox.get("/_control/day/master-data", params=query)))[0] == 404
    assert (await answer(sandbox.get("/_control/day/truth", params={"part": "luck"})))[0] == 404


def test_the_service_runs_as_a_process_and_keeps_its_files(mesh):
    assert {part.name: part.condition for part in mesh.status()}["sandbox"] == "ready"
    assert (mesh.home["files"] / "sandbox" / "outside-world.sqlite3").exists()


@pytest.fixture(scope="module")
def mesh_services():
    assert "sandbox" in ServiceTable.load().services
    return ["sandbox"]

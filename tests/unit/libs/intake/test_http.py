import asyncio
import json

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer

from libs.intake import Problem
from libs.intake.http import HttpServer, application, problem, read_body
from libs.refusals import Overloaded


def content(response):
    return json.loads(response.body)


def test_a_problem_follows_the_standard_and_names_field_and_rule():
    response = problem(
        422, "it is kept", [Problem("lines[0].price", "must not be negative")], message_id="m1"
    )
    assert (response.status, response.content_type) == (422, "application/problem+json")
    assert content(response) == {
        "type": "about:blank",
        "title": "The message breaks a rule",
        "status": 422,
        "detail": "it is kept",
        "message_id": "m1",
        "errors": [{"field": "lines[0].price", "rule": "must not be negative"}],
    }


def test_only_an_outage_asks_to_come_back():
    assert problem(503).headers["Retry-After"]
    assert "Retry-After" not in problem(500).headers


@pytest.fixture
async def client():
    async def fails(request):
        raise {"busy": Overloaded("full"), "defect": RuntimeError("secret")}[request.match_info["how"]]

    async def reads(request):
        return web.json_response({"bytes": len(await read_body(request, 1000, 0.1))})

    made = application([web.get("/fail/{how}", fails), web.post("/read", reads)], body_limit=1000)
    async with TestClient(TestServer(made)) as client:
        yield client


async def test_a_full_queue_is_an_outage_and_a_defect_tells_nothing(client):
    async with client.get("/fail/busy") as response:
        assert response.status == 503
    async with client.get("/fail/defect") as response:
        assert response.status == 500
        assert "secret" not in await response.text()


async def test_a_body_is_read_up_to_its_limit(client):
    async with client.post("/read", data=b"x" * 1000) as response:
        assert await response.json() == {"bytes": 1000}
    async with client.post("/read", data=b"x" * 1001) as response:
        assert response.status == 413


async def test_a_body_that_does_not_come_is_not_waited_for(client):
    never = asyncio.Event()

    async def slow():
        yield b"x"
        await never.wait()

    async with client.post("/read", data=slow()) as response:
        assert (response.status, response.content_type) == (408, "application/problem+json")


async def test_a_server_is_a_part_that_starts_and_stops():
    async def hello(request):
        return web.Response(text="hello")

    server = HttpServer(application([web.get("/", hello)], body_limit=10), "127.0.0.1:0")
    port = await server.start()
    async with ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as response:
        assert await response.text() == "hello"
    await server.stop()

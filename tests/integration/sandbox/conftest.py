"""The stand-ins on a free port, with calm weather unless a test asks for worse."""

from contextlib import asynccontextmanager

import aiohttp
import pytest

from services.sandbox.adapters.world_store import open_store
from services.sandbox.app import http_server
from services.sandbox.config import Settings
from services.sandbox.entrypoints.day_desk import DayDesk

TOKEN = {"Authorization": "Bearer a-token"}
CALM = {
    "erp_token": "a-token",
    "erp_failed_before": 0,
    "erp_answer_lost": 0,
    "erp_latency_least_ms": 0,
    "erp_latency_most_ms": 0,
    "shopify_secret": "hush",
    "till_secret": "quiet",
    "play_first_pause": 0.001,
    "play_longest_pause": 0.01,
    "http_address": "127.0.0.1:0",
    "http_grace": 0.1,
}


@asynccontextmanager
async def serving(folder, **given):
    """A client of a server whose memory is in ``folder``."""
    settings = Settings(**{**CALM, "state_dir": str(folder), **given})
    store, desk = open_store(settings.state_dir), DayDesk()
    async with aiohttp.ClientSession() as senders:
        server = http_server(settings, store, desk, senders)
        port = await server.start()
        # Each call has its own connection: some are broken on purpose.
        connections = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=connections) as client:
            yield client
        await desk.stop()
        await server.stop()
    store.close()


@pytest.fixture
async def sandbox(tmp_path):
    async with serving(tmp_path) as client:
        yield client


async def answer(request):
    """Status and parsed body of a request of aiohttp's client."""
    async with request as response:
        return response.status, await response.json()

"""Servers that someone else runs: DATABASE_URL and NATS_URL."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from libs.stack.databases import on_server
from libs.stack.errors import StackError
from libs.stack.nats import greets
from libs.stack.status import PartStatus

POSTGRES_PORT = 5432
NATS_PORT = 4222


def database_server_status(url: str) -> PartStatus:
    try:
        on_server(url, lambda connection: connection.execute("select 1"))
    except StackError:
        return PartStatus("postgres", "dead", host_and_port(url, POSTGRES_PORT))
    return PartStatus("postgres", "ready", host_and_port(url, POSTGRES_PORT))


def nats_status(url: str) -> PartStatus:
    host, _, port = host_and_port(url, NATS_PORT).rpartition(":")
    return PartStatus("nats", "ready" if greets(host, int(port)) else "dead", f"{host}:{port}")


def host_and_port(url: str, default: int) -> str:
    """Without user and password: this is shown."""
    parts = urlsplit(url)
    return f"{parts.hostname or 'localhost'}:{parts.port or default}"


def delete_streams(url: str, names: Iterable[str]) -> None:
    """A stream that does not exist is no error."""

    async def delete() -> None:
        import nats
        from nats.js.errors import NotFoundError

        client = await nats.connect(url)
        for name in names:
            try:
                await client.jetstream().delete_stream(name)
            except NotFoundError:
                continue
        await client.close()

    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(asyncio.run, delete()).result()

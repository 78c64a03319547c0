"""The stand-ins of the outside world, which plan the day and play it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

PAGE = 1000
ANSWER_SECONDS = 120


class OutsideError(Exception):
    """The sandbox refused a command, in its own words, or did not answer."""


class Outside:
    """Commands of the sandbox over HTTP."""

    def __init__(self, address: str) -> None:
        self._url = f"http://{address}"
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))

    async def close(self) -> None:
        await self._session.close()

    async def plan(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Plan a day; answers its counts."""
        planned = await self._json("POST", "/_control/day", json=dict(wanted))
        summary: dict[str, Any] = planned["summary"]
        return summary

    def master_data(self, part: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Pages of one part of what must be loaded before the day begins."""
        return self._pages("/_control/day/master-data", part)

    def truth(self, part: str) -> AsyncIterator[list[dict[str, Any]]]:
        """Pages of one part of what is true when the day is over."""
        return self._pages("/_control/day/truth", part)

    async def start(self, speed: float) -> None:
        await self._json("POST", "/_control/day/start", json={"speed": speed})

    async def progress(self) -> dict[str, Any]:
        return await self._json("GET", "/_control/day")

    async def erp_stats(self) -> dict[str, Any]:
        """What the sandbox ERP counted, for a second opinion."""
        return await self._json("GET", "/erp/stats")

    async def _pages(self, path: str, part: str) -> AsyncIterator[list[dict[str, Any]]]:
        after = ""
        while True:
            query = {"part": part, "limit": str(PAGE)} | ({"after": after} if after else {})
            page = await self._json("GET", path, params=query)
            yield page["items"]
            after = str(page["next"] or "")
            if not after:
                return

    async def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            async with self._session.request(method, f"{self._url}{path}", **options) as response:
                if response.status >= 500:
                    raise OutsideError(f"the sandbox answered {response.status}; its log says why")
                body: dict[str, Any] = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise OutsideError(f"the sandbox cannot be reached: {type(error).__name__}") from error
        if response.status >= 400:
            raise OutsideError(body["error"]["message"])
        return body


async def played(outside: Outside, report: Any, *, poll_seconds: float = 0.2) -> dict[str, Any]:
    """Wait until the day has been played, reporting messages sent and their number."""
    while True:
        progress = await outside.progress()
        report(progress["done"], progress["total"])
        if progress["stage"] in ("played", "stopped", "failed"):
            if progress["stage"] != "played":
                raise OutsideError(f"the day {progress['stage']}: {progress['failure']}")
            return progress
        await asyncio.sleep(poll_seconds)

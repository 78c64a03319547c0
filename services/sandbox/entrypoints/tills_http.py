"""The tills' face: their electronic journal, which tells what was rung up, whatever files arrived."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from aiohttp import web

from services.sandbox.domain.refusals import Malformed
from services.sandbox.entrypoints.answers import json_object, whole_number

PAGE, LARGEST_PAGE = 200, 1000
KEY = {"business_date": str, "store": str, "workstation": str, "sequence": int}


class Journal(Protocol):
    def put(self, entries: Iterable[Mapping[str, Any]]) -> None: ...
    def page(
        self, business_date: str, store: str, after: tuple[str, str, int], limit: int
    ) -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class TillsFace:
    journal: Journal

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/tills/journal", self.list),
            web.post("/_control/tills/journal", self.put),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """``{"entries": [...], "next": "…"}`` of a business date; ``next`` is the next page's ``after``."""
        limit = whole_number(request, "limit", PAGE, LARGEST_PAGE)
        entries = self.journal.page(
            business_date_of(request), request.query.get("store", ""), place_of(request), limit
        )
        return web.json_response(
            {"entries": entries, "next": mark_of(entries[-1]) if len(entries) == limit else ""}
        )

    async def put(self, request: web.Request) -> web.Response:
        """Writes the ``entries`` of the body into the journal."""
        body = await json_object(request)
        entries = body.get("entries")
        if not isinstance(entries, list) or not all(has_key(entry) for entry in entries):
            raise Malformed(f"a list of objects with {', '.join(KEY)} is needed", "entries")
        self.journal.put(entries)
        return web.json_response({"entries": len(entries)}, status=201)


def has_key(entry: object) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in KEY.items())


def business_date_of(request: web.Request) -> str:
    try:
        return date.fromisoformat(request.query.get("business_date", "")).isoformat()
    except ValueError:
        raise Malformed("a date such as 2017-12-23 is needed", "business_date") from None


def mark_of(entry: Mapping[str, Any]) -> str:
    return f"{entry['store']}/{entry['workstation']}/{entry['sequence']}"


def place_of(request: web.Request) -> tuple[str, str, int]:
    store, _, rest = request.query.get("after", "//0").partition("/")
    till, _, sequence = rest.partition("/")
    if not sequence.isdecimal():
        raise Malformed("not a place of this journal", "after")
    return store, till, int(sequence)

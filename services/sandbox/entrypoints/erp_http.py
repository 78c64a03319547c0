"""The ERP face, under ``/erp``: a call for each document and part, few slots, faults, lost answers."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web

from services.sandbox.application.erp_call import Hold, Reply, erp_call
from services.sandbox.application.post_document import post_document
from services.sandbox.application.read_document import (
    LARGEST_PAGE,
    find_documents,
    list_documents,
    read_document,
)
from services.sandbox.domain.erp_condition import Condition
from services.sandbox.domain.erp_documents import DocumentKind
from services.sandbox.domain.refusals import Malformed, Refused, Unauthorised
from services.sandbox.entrypoints.answers import (
    Handler,
    error_of,
    json_object,
    number_of,
    status_of,
    text_of,
    whole_number,
)

PREFIX = "/erp"
PAGE = 100


@dataclass(frozen=True, slots=True)
class ErpFace:
    """Routes of the ERP; ``documents`` offers what the use cases ask for, and counts for the statistics."""

    documents: Any
    condition: Condition
    hold: Hold
    token: str

    def routes(self) -> list[web.RouteDef]:
        control = [
            web.get(f"{PREFIX}/stats", self.stats),
            web.get(f"{PREFIX}/_control", self.read_control),
            web.post(f"{PREFIX}/_control", self.control),
        ]
        return control + [route for kind in DocumentKind for route in self._routes_of(kind)]

    def _routes_of(self, kind: DocumentKind) -> list[web.RouteDef]:
        whole, _, part = kind.partition("/")
        path = f"{PREFIX}/{whole}/{{id}}/{part}" if part else f"{PREFIX}/{whole}"
        routes = [web.post(path, self._post(kind)), web.get(path, self._list(kind))]
        if not part:
            routes.append(web.get(f"{path}/{{id}}", self._get(kind)))
        return routes

    def _post(self, kind: DocumentKind) -> Handler:
        async def post(request: web.Request) -> web.StreamResponse:
            body = await json_object(request)
            parent_id = request.match_info.get("id", "")

            def work() -> tuple[Reply, str]:
                document = post_document(self.documents, kind, parent_id, body)
                answer = {
                    "id": document.document_id,
                    "external_key": document.external_key,
                    "posted_at": document.posted_at,
                }
                return Reply(201, answer), document.external_key

            return await self._call(request, f"POST {kind}", work, writes=True)

        return post

    def _list(self, kind: DocumentKind) -> Handler:
        async def read(request: web.Request) -> web.StreamResponse:
            query, parent_id = request.query, request.match_info.get("id", "")
            limit = whole_number(request, "limit", PAGE, LARGEST_PAGE)

            def work() -> tuple[Reply, str]:
                if "external_key" in query:
                    found = find_documents(self.documents, kind, parent_id, query["external_key"])
                else:
                    found = list_documents(self.documents, kind, parent_id, query.get("after", ""), limit)
                return Reply(200, found), ""

            return await self._call(request, f"GET {kind}", work)

        return read

    def _get(self, kind: DocumentKind) -> Handler:
        async def read(request: web.Request) -> web.StreamResponse:
            def work() -> tuple[Reply, str]:
                return Reply(200, read_document(self.documents, kind, request.match_info["id"])), ""

            return await self._call(request, f"GET {kind}/id", work)

        return read

    async def _call(
        self, request: web.Request, route: str, work: Callable[[], tuple[Reply, str]], *, writes: bool = False
    ) -> web.StreamResponse:
        self._authorise(request)
        reply = await erp_call(
            self.condition, self.hold, route=route, writes=writes, work=lambda: refusing(work)
        )
        if reply.broken and request.transport is not None:
            request.transport.abort()
        headers = {"Retry-After": str(reply.retry_after)} if reply.retry_after else {}
        return web.json_response(reply.body, status=reply.status, headers=headers)

    def _authorise(self, request: web.Request) -> None:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise Unauthorised("a bearer token is needed")

    async def stats(self, _: web.Request) -> web.Response:
        """Counts since the start; documents and doubled keys since the file was made."""
        condition = self.condition
        return web.json_response(
            {
                "documents": self.documents.counts(),
                "doubled": self.documents.doubles(),
                "calls": condition.calls,
                "calls_by_route": dict(condition.calls_by_route),
                "turned_away": condition.turned_away,
                "faults": dict(condition.faults),
                "slots": condition.slots,
                "in_use": condition.in_use,
                "most_in_use": condition.most_in_use,
            }
        )

    async def read_control(self, _: web.Request) -> web.Response:
        weather, hold = self.condition.weather, self.hold
        return web.json_response(
            {
                "slots": self.condition.slots,
                "failed_before": weather.failed_before,
                "answer_lost": weather.answer_lost,
                "latency_ms": list(weather.latency_ms),
                "hold": {"active": hold.active, "route": hold.route, "key_contains": hold.key_contains},
                "held": list(hold.waiting),
            }
        )

    async def control(self, request: web.Request) -> web.Response:
        """Sets what is given: ``slots``, fault shares, ``latency_ms``; begins a ``hold`` or ends it."""
        body = await json_object(request)
        weather = self.condition.weather
        self.condition.slots = int(number_of(body, "slots", self.condition.slots))
        self.condition.weather = replace(
            weather,
            failed_before=int(number_of(body, "failed_before", weather.failed_before)),
            answer_lost=int(number_of(body, "answer_lost", weather.answer_lost)),
            latency_ms=latency_of(body.get("latency_ms", list(weather.latency_ms))),
        )
        if "hold" in body:
            self._hold(body["hold"])
        if "release" in body:
            self.hold.release(broken=text_of(body, "release") == "break")
        return await self.read_control(request)

    def _hold(self, wanted: Any) -> None:
        if not isinstance(wanted, dict):
            raise Malformed("an object is needed", "hold")
        kind = text_of(wanted, "kind")
        if kind not in set(DocumentKind):
            raise Malformed(f"one of {', '.join(DocumentKind)} is needed", "hold.kind")
        self.hold.begin(f"POST {kind}", text_of(wanted, "key_contains"))


def refusing(work: Callable[[], tuple[Reply, str]]) -> tuple[Reply, str]:
    """A refusal is an answer like any other: it takes its slot and its time."""
    try:
        return work()
    except Refused as refused:
        return Reply(status_of(refused), error_of(refused)), ""


def latency_of(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or not all(isinstance(ms, int) for ms in value):
        raise Malformed("two whole numbers are needed", "latency_ms")
    least, most = value
    if not 0 <= least <= most:
        raise Malformed("the least and the most milliseconds are needed", "latency_ms")
    return least, most

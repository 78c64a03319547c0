"""The HTTP side of a gateway: a server as a part of the service, and answers that say what is wrong.

Errors are problem details (RFC 9457). What outsiders send is never echoed beyond the names of fields.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from libs.database import is_unavailable
from libs.intake.message import Problem
from libs.refusals import Overloaded, Unavailable
from libs.telemetry import SpanKind, get_logger, span

log = get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PROBLEM = "application/problem+json"
RETRY_SECONDS = 2
TITLES = {
    400: "The message cannot be read",
    401: "The signature is missing or wrong",
    404: "There is nothing here",
    405: "The method is not allowed here",
    408: "The message did not come in time",
    413: "The message is too large",
    422: "The message breaks a rule",
    500: "The gateway failed",
    503: "The gateway cannot store messages now",
}


def problem(
    status: int, detail: str = "", problems: Sequence[Problem] = (), *, message_id: str = ""
) -> web.Response:
    """``errors`` name the field and the rule of each problem; ``message_id`` is what support asks for."""
    content: dict[str, object] = {"type": "about:blank", "title": TITLES[status], "status": status}
    content |= {"detail": detail} if detail else {}
    content |= {"message_id": message_id} if message_id else {}
    if problems:
        content["errors"] = [{"field": one.field, "rule": one.rule} for one in problems]
    retry = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}
    return web.json_response(content, status=status, content_type=PROBLEM, headers=retry)


async def read_body(request: web.Request, limit: int, seconds: float) -> bytes:
    """The raw body, exactly as it was signed. Raises what `outcomes` answers with 413 and 408."""
    if (request.content_length or 0) > limit:
        raise web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=request.content_length or 0)
    async with asyncio.timeout(seconds):
        return await request.read()


def application(routes: Sequence[web.RouteDef], *, body_limit: int) -> web.Application:
    made = web.Application(middlewares=[traced, outcomes], client_max_size=body_limit)
    made.add_routes(routes)
    return made


@web.middleware
async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A trace begins here: one that an outsider brings is not continued, for it could force ours on."""
    resource = request.match_info.route.resource
    route = resource.canonical if resource else ""
    attributes = {"http.request.method": request.method, "http.route": route}
    with span(f"{request.method} {route}".strip(), SpanKind.SERVER, attributes) as current:
        response = await handler(request)
        if current.is_recording():
            current.set_attribute("http.response.status_code", response.status)
        return response


@web.middleware
async def outcomes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure becomes an answer of its own kind; none of them tells how the gateway is made."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return problem(error.status) if error.status in TITLES else problem(500)
    except TimeoutError:
        return problem(408)
    except Exception as error:
        if isinstance(error, (Overloaded, Unavailable)) or is_unavailable(error):
            log.warning("message_not_stored", error_type=type(error).__name__)
            return problem(503, "repeat the message later")
        log.error("http_handler_failed", error=error)
        return problem(500)


class HttpServer:
    """Serves ``made`` on ``address`` (``host:port``) until stopped; requests under way are finished.

    ``reuse_port`` lets several worker processes share the port.
    """

    def __init__(self, made: web.Application, address: str, *, reuse_port: bool = False) -> None:
        self._runner = web.AppRunner(made, access_log=None, handle_signals=False)
        self._host, _, port = address.rpartition(":")
        self._reuse_port = reuse_port or None
        self.port = int(port)
        """The port bound by `start`."""

    async def start(self) -> int:
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host.strip("[]"), self.port, reuse_port=self._reuse_port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        log.info("http_serving", port=self.port)
        return self.port

    async def stop(self) -> None:
        await self._runner.cleanup()

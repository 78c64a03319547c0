"""What all faces share: refusals become statuses, and requests become typed values."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from services.sandbox.domain.refusals import Malformed, Refused, Unauthorised, Unknown, Untimely

STATUSES: dict[type[Refused], int] = {Malformed: 422, Unknown: 404, Untimely: 409, Unauthorised: 401}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refusals_as_statuses(request: web.Request, handler: Handler) -> web.StreamResponse:
    """``{"error": {"code", "message", "field"}}`` with the status of the table above."""
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response(error_of(refused), status=status_of(refused))


def status_of(refused: Refused) -> int:
    """That of the nearest class in the table."""
    return next(STATUSES[kind] for kind in type(refused).__mro__ if kind in STATUSES)


def error_of(refused: Refused) -> dict[str, Any]:
    return {"error": {"code": refused.code, "message": refused.message, "field": refused.field}}


async def json_object(request: web.Request) -> dict[str, Any]:
    """The body as an object; an empty body is an empty object. Raises `Malformed`."""
    text = await request.read()
    try:
        body = json.loads(text) if text.strip() else {}
    except ValueError:
        raise Malformed("the body is no JSON") from None
    if not isinstance(body, dict):
        raise Malformed("the body must be an object")
    return body


def whole_number(request: web.Request, name: str, default: int, largest: int) -> int:
    """A query parameter between 1 and ``largest``. Raises `Malformed`."""
    text = request.query.get(name, str(default))
    if not text.isdecimal() or not 0 < int(text) <= largest:
        raise Malformed(f"a number of 1 to {largest} is needed", name)
    return int(text)


def text_of(body: dict[str, Any], name: str, default: str = "") -> str:
    value = body.get(name, default)
    if not isinstance(value, str):
        raise Malformed("a text is needed", name)
    return value


def number_of(body: dict[str, Any], name: str, default: float, least: float = 0) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise Malformed(f"a number from {least} is needed", name)
    return value

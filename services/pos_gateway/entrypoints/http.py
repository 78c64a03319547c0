"""Files of tills: verified, stored, answered. What is in them is worked out afterwards."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from uuid import UUID

from aiohttp import web

from libs.intake import Problem, Reception, RefusedCounter
from libs.intake.http import application, problem, read_body
from libs.telemetry import current_traceparent
from services.pos_gateway.application.receive_file import Check, Received, TillFile, receive_file

NAME = re.compile(r"[\w.-]{1,32}", re.ASCII)
FILE_NAME_LIMIT = 128

IsSigned = Callable[[Mapping[str, str], bytes], bool]


class TillFiles:
    """``is_signed`` tells by a request's headers and body whether one of our tills has sent it."""

    def __init__(
        self,
        reception: Reception,
        refused: RefusedCounter,
        *,
        is_signed: IsSigned,
        check: Check,
        body_limit: int,
        body_seconds: float,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._reception = reception
        self._refused = refused
        self._is_signed = is_signed
        self._check = check
        self._body_limit = body_limit
        self._body_seconds = body_seconds
        self._now = now
        self._new_id = new_id

    def application(self) -> web.Application:
        return application(
            [web.put("/poslog/{store}/{till}/{filename}", self.receive)], body_limit=self._body_limit
        )

    async def receive(self, request: web.Request) -> web.Response:
        body = await read_body(request, self._body_limit, self._body_seconds)
        if not self._is_signed(request.headers, body):
            self._refused.add("signature")
            return problem(401)
        names = request.match_info
        for name in ("store", "till"):
            if not NAME.fullmatch(names[name]):
                return problem(422, "", [Problem(name, "must be letters, digits, dots and dashes")])
        file = TillFile(
            message_id=self._new_id(),
            sender=f"{names['store']}/{names['till']}",
            headers={"filename": names["filename"][:FILE_NAME_LIMIT]},
            body=body,
            received_at=self._now(),
            traceparent=current_traceparent(),
        )
        return answer_of(await receive_file(self._reception, self._check, file))


def answer_of(received: Received) -> web.Response:
    """A repeat is always welcome: refusing it would only make the till send it again."""
    message_id = str(received.stored.message_id)
    if received.stored.repeated:
        return web.json_response({"status": "duplicate", "message_id": message_id})
    if received.problems:
        # What is no XML at all names no element.
        code = 422 if received.problems[0].field else 400
        return problem(code, "the file is in quarantine", received.problems, message_id=message_id)
    return web.json_response({"status": "received", "message_id": message_id}, status=202)

"""JSON-RPC to a Tryton 8.2 server, over one session that is renewed when the server has forgotten it."""

import asyncio
import time
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from libs.telemetry import get_logger
from services.erp_gateway.adapters.audited_http import (
    LONGEST_MESSAGE,
    READING,
    Answer,
    AuditedHttp,
    Purpose,
    outcome_of,
)
from services.erp_gateway.application.ports import StepNotDone, StepRefused, StepUnknown
from services.erp_gateway.domain.postings import Outcome

log = get_logger("services.erp_gateway")

LANGUAGE = "en"
READS = ("read", "search", "search_read")
BARRED_SECONDS = 600.0
"""After a refused login: the server counts further tries, also right ones, and bars the user for longer."""


class Seed(BaseModel, frozen=True):
    """What a set-up has left for the gateway: where to post, as whom, and the ids that a sale needs."""

    database: str
    user: str
    password: str
    company: int
    currencies: dict[str, int]
    payment_term: int
    payment_methods: dict[str, int]
    tax_account: int
    warehouse: int
    unit: int
    category: int
    web_shop: int

    @classmethod
    def read(cls, path: str) -> "Seed":
        return cls.model_validate_json(Path(path).read_text(encoding="utf-8"))


class UserError(Exception):
    """Tryton refuses for a rule, a right, a state or a doubled key; reading back tells. Nothing was done."""


@dataclass(frozen=True, slots=True)
class Session:
    """``header`` is what calls carry."""

    header: str


class TrytonRpc:
    """Calls methods of one database."""

    def __init__(self, http: AuditedHttp, seed: Seed) -> None:
        self._http = http
        self._seed = seed
        self._path = f"/{seed.database}/rpc/"
        self._context = {"company": seed.company, "language": LANGUAGE}
        self._session: Session | None = None
        self._logging_in = asyncio.Lock()
        self._barred_until = 0.0

    async def call(
        self, purpose: Purpose, method: str, *params: Any, context: Mapping[str, Any] | None = None
    ) -> Any:
        """The method's result, in Tryton's JSON.

        Raises `UserError`, `StepRefused`, `StepNotDone` or `StepUnknown`.
        """
        session = await self._logged_in(None)
        answer = await self._send(purpose, session, method, params, context)
        if answer.status == 401:
            # Refused before it ran: the session is too old, or forgotten.
            session = await self._logged_in(session)
            answer = await self._send(purpose, session, method, params, context)
        return result_of(answer)

    async def _send(
        self,
        purpose: Purpose,
        session: Session,
        method: str,
        params: tuple[Any, ...],
        context: Mapping[str, Any] | None,
    ) -> Answer:
        return await self._http.send(
            purpose,
            "POST",
            self._path,
            operation=method.removeprefix("model."),
            body=request(method, *params, {**self._context, **(context or {})}),
            headers={"Authorization": session.header},
            classify=read_outcome if method.rpartition(".")[2] in READS else rpc_outcome,
        )

    async def _logged_in(self, stale: Session | None) -> Session:
        """A session other than ``stale``; of many that need one, one logs in."""
        async with self._logging_in:
            if self._session is None or self._session is stale:
                self._session = await self._login()
            return self._session

    async def _login(self) -> Session:
        if time.monotonic() < self._barred_until:
            raise StepNotDone("the login was refused a short while ago")
        user = self._seed.user
        body = request("common.db.login", user, {"password": self._seed.password}, LANGUAGE)
        answer = await self._http.send(READING, "POST", self._path, operation="login", body=body)
        found = answer.body.get("result") if answer.status == 200 and isinstance(answer.body, dict) else None
        if found:
            user_id, token, *_ = found
            return Session("Session " + b64encode(f"{user}:{user_id}:{token}".encode()).decode())
        if answer.status in (200, 401, 429):
            self._barred_until = time.monotonic() + BARRED_SECONDS
            log.error("erp_login_refused", status=answer.status)
        raise StepNotDone(f"no login: {answer.status or answer.error}")


async def search_read(
    rpc: TrytonRpc, purpose: Purpose, model: str, domain: list[Any], fields: list[str], limit: int = 1
) -> list[dict[str, Any]]:
    """Records in the order in which they were made."""
    order = [["id", "ASC"]]
    method = f"model.{model}.search_read"
    rows: list[dict[str, Any]] = await rpc.call(purpose, method, domain, 0, limit, order, fields)
    return rows


def request(method: str, *params: Any) -> dict[str, Any]:
    """Exactly these keys: with any other one Tryton answers in another way."""
    return {"id": 1, "method": method, "params": list(params)}


def read_outcome(answer: Answer) -> Outcome:
    """Reading does nothing to the step."""
    return Outcome.UNTRIED


def rpc_outcome(answer: Answer) -> Outcome:
    """Success and refusal both come with 200; after a 503, a lock that was not got, nothing was done."""
    if answer.status == 503 or (isinstance(answer.body, dict) and "error" in answer.body):
        return Outcome.NOT_DONE
    return outcome_of(answer)


def result_of(answer: Answer) -> Any:
    if answer.status == 200 and isinstance(answer.body, dict):
        return result_or_refusal(answer.body)
    outcome, message = rpc_outcome(answer), f"{answer.status or 'no answer'}: {answer.error}"
    if outcome is Outcome.UNKNOWN or answer.status == 200:
        # Also a server that says 500 may have been cut off after its commit.
        raise StepUnknown(message, settled=answer.status not in (0, 504))
    if answer.status in (0, 401, 408, 429, 503):
        raise StepNotDone(message)
    raise StepRefused(message)


def result_or_refusal(body: Mapping[str, Any]) -> Any:
    error = body.get("error")
    if error is None:
        return body.get("result")
    kind, details = error[0], error[1]
    if kind == "UserError":
        raise UserError(str(details[0])[:LONGEST_MESSAGE])
    if kind == "UserWarning":
        raise StepRefused(f"needs a person's decision: {details[1]}"[:LONGEST_MESSAGE])
    if kind == "ConcurrencyException":
        raise StepNotDone("changed by somebody else meanwhile")
    raise StepRefused(f"not understood: {kind}"[:LONGEST_MESSAGE])


# ---- typed values


def decimal_value(amount: Decimal) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": str(amount)}


def decimal_of(value: Any) -> Decimal:
    """None is what a sum of nothing is."""
    return Decimal(value["decimal"]) if value else Decimal(0)


def date_value(day: date) -> dict[str, Any]:
    return {"__class__": "date", "year": day.year, "month": day.month, "day": day.day}

"""HTTP to an ERP: every call traced, timed and audited, every answer classed by what it says of the write."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import aiohttp

from libs.telemetry import SpanKind, current_trace_id, current_traceparent, meter, span
from services.erp_gateway.application.ports import (
    ErpCall,
    Note,
    StepNotDone,
    StepRefused,
    StepUnknown,
    Throttled,
)
from services.erp_gateway.domain.postings import Outcome, Posting, Step, StepKind

DEFAULT_RETRY_AFTER = timedelta(seconds=1)
LONGEST_MESSAGE = 200

calls = meter().create_counter("retail.erp.calls", "{call}", "Calls to the ERP")


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a call is made for; ``note`` is told of it."""

    posting_id: UUID
    step: StepKind
    order_id: str
    note: Note


def purpose_of(posting: Posting, step: Step, note: Note) -> Purpose:
    return Purpose(posting.posting_id, step.kind, posting.fact.order_id, note)


READING = Purpose(UUID(int=0), StepKind.HEADER, "", lambda call: None)
"""Reading the ERP's documents changes nothing there and is not audited."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 when nothing did."""

    status: int
    body: Any
    headers: Mapping[str, str]
    error: str = ""


LOST = Answer(0, None, {}, "cut off")


class AuditedHttp:
    """Calls one ERP; ``answers_after`` seconds without an answer count as a lost one."""

    def __init__(
        self, base_url: str, headers: Mapping[str, str], *, answers_after: float, system: str
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = headers
        self._timeout = aiohttp.ClientTimeout(total=answers_after)
        self._system = system
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        # How many calls run at once is the governor's decision, so the pool has no bound of its own.
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, timeout=self._timeout)

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        purpose: Purpose,
        method: str,
        path: str,
        *,
        operation: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        classify: Callable[[Answer], Outcome] | None = None,
    ) -> Answer:
        """Make the call and tell of it, whatever comes of it. Never raises for an answer."""
        attributes = {"http.request.method": method, "url.path": path, "retail.order.id": purpose.order_id}
        began, clock = datetime.now(UTC), time.perf_counter()
        with span(f"{self._system} {operation}", SpanKind.CLIENT, attributes) as current:
            answer = LOST
            try:
                answer = await self._exchange(method, path, body, query, headers)
                current.set_attribute("http.response.status_code", answer.status)
                return answer
            finally:
                call = ErpCall(
                    posting_id=purpose.posting_id,
                    step=purpose.step,
                    operation=operation,
                    status=answer.status,
                    outcome=(classify or outcome_of)(answer),
                    duration=timedelta(seconds=time.perf_counter() - clock),
                    at=began,
                    trace_id=current_trace_id(),
                    request_digest=hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest(),
                )
                calls.add(1, {"system": self._system, "status": answer.status, "outcome": call.outcome.value})
                purpose.note(call)

    async def _exchange(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> Answer:
        if self._session is None:
            raise RuntimeError("not started")
        sent = {**self._headers, **(headers or {}), "traceparent": current_traceparent()}
        url = f"{self._base_url}{path}"
        try:
            async with self._session.request(method, url, json=body, params=query, headers=sent) as response:
                text = await response.text()
                return Answer(response.status, parsed(text), response.headers, text[:LONGEST_MESSAGE])
        except aiohttp.ClientConnectorError as error:
            return Answer(0, None, {"not-sent": "1"}, str(error)[:LONGEST_MESSAGE])
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            return Answer(0, None, {}, type(error).__name__)


def parsed(text: str) -> Any:
    """JSON, or None where the body is something else: error pages often are."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def outcome_of(answer: Answer) -> Outcome:
    """Only a success says done, only a client error says not done; all else leaves it open."""
    if 200 <= answer.status < 300:
        return Outcome.DONE
    if 400 <= answer.status < 500 or "not-sent" in answer.headers:
        return Outcome.NOT_DONE
    return Outcome.UNKNOWN


def raise_unless_done(answer: Answer) -> None:
    """Raises what an answer means: `Throttled`, `StepNotDone`, `StepRefused` or `StepUnknown`."""
    outcome = outcome_of(answer)
    if outcome is Outcome.DONE:
        return
    if answer.status in (429, 503) and "Retry-After" in answer.headers:
        raise Throttled(retry_after_of(answer))
    if "not-sent" in answer.headers or answer.status in (401, 408, 429):
        raise StepNotDone(f"{answer.status or 'unreachable'}: {answer.error}")
    if outcome is Outcome.NOT_DONE:
        raise StepRefused(f"{answer.status}: {answer.error}")
    # A gateway's time-out says that the ERP may still be at it; any other answer is its last word.
    settled = answer.status not in (0, 504)
    raise StepUnknown(f"{answer.status or 'no answer'}: {answer.error}", settled=settled)


def retry_after_of(answer: Answer) -> timedelta:
    """The delay that the ERP names, in whole seconds; a date or nothing counts as a second."""
    text = answer.headers.get("Retry-After", "")
    return timedelta(seconds=int(text)) if text.isdecimal() else DEFAULT_RETRY_AFTER

"""The sandbox ERP: one call each for customer, header, lines, tax and payment.

It does not enforce unique keys and it loses answers, as real ERPs do: what keeps its documents single is that
the gateway looks a step up before it repeats it.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from libs.money import Money
from services.erp_gateway.adapters.audited_http import (
    READING,
    Answer,
    AuditedHttp,
    purpose_of,
    raise_unless_done,
)
from services.erp_gateway.application.ports import ErpDocument, ErpDocumentPage, Note, StepNotDone
from services.erp_gateway.domain.facts import Fact, FactKind
from services.erp_gateway.domain.postings import Outcome, Posting, Step, StepKind
from services.erp_gateway.domain.refusals import ErpUnreachable

COLLECTIONS = ("orders", "credit-notes")
READ_ATTEMPTS = 5
READ_PAUSE = 0.1
LARGEST_PAGE = 500
STEPS = (StepKind.CUSTOMER, StepKind.HEADER, StepKind.LINES, StepKind.TAX, StepKind.PAYMENT)
PARTS = {StepKind.LINES: "lines", StepKind.TAX: "tax", StepKind.PAYMENT: "payment"}


class SandboxErp:
    """The `Erp` port over the sandbox's HTTP calls."""

    name = "sandbox"

    def __init__(self, http: AuditedHttp, longest: timedelta, settle: timedelta) -> None:
        self._http = http
        self.longest = longest
        self._settle = settle

    def steps_of(self, kind: FactKind) -> Sequence[StepKind]:
        return STEPS

    def settles_in(self, kind: StepKind) -> timedelta:
        return self._settle

    async def look_up(self, posting: Posting, step: Step, note: Note) -> str | None:
        answer = await self._http.send(
            purpose_of(posting, step, note),
            "GET",
            path_of(posting, step),
            operation=f"look up {step.kind.value.lower()}",
            query={"external_key": step.external_key},
            classify=found_or_not,
        )
        raise_unless_done(answer)
        items = answer.body["items"]
        return str(items[0]["id"]) if items else None

    async def perform(self, posting: Posting, step: Step, note: Note) -> str:
        answer = await self._http.send(
            purpose_of(posting, step, note),
            "POST",
            path_of(posting, step),
            operation=f"post {step.kind.value.lower()}",
            body=BODIES[step.kind](posting) | {"external_key": step.external_key},
        )
        raise_unless_done(answer)
        return str(answer.body["id"])

    async def documents(self, page_size: int, page_token: str) -> ErpDocumentPage:
        collection, _, after = (page_token or COLLECTIONS[0]).partition(":")
        items, following = await self._page(collection, page_size, after)
        if not following and collection == COLLECTIONS[0]:
            token = COLLECTIONS[1]
        else:
            token = f"{collection}:{following}" if following else ""
        return ErpDocumentPage([document_of(item, collection) for item in items], token)

    async def _page(self, collection: str, page_size: int, after: str) -> tuple[list[Any], str]:
        query = {"limit": str(min(page_size, LARGEST_PAGE)), "after": after}
        for attempt in range(READ_ATTEMPTS):
            await asyncio.sleep(attempt * READ_PAUSE)
            answer = await self._http.send(
                READING, "GET", f"/{collection}", operation=f"list {collection}", query=query
            )
            if answer.status == 200:
                return answer.body["items"], answer.body["next"]
        raise ErpUnreachable(f"the ERP answered {answer.status}", retry_after_seconds=1.0)


def found_or_not(answer: Answer) -> Outcome:
    """What a look-up says about the step; one that failed says nothing."""
    if answer.status != 200:
        return Outcome.UNTRIED
    return Outcome.DONE if answer.body["items"] else Outcome.NOT_DONE


def path_of(posting: Posting, step: Step) -> str:
    if step.kind is StepKind.CUSTOMER:
        return "/customers"
    collection = COLLECTIONS[0] if posting.fact.kind is FactKind.SALE else COLLECTIONS[1]
    if step.kind is StepKind.HEADER:
        return f"/{collection}"
    header = posting.document_of(StepKind.HEADER)
    if not header:
        raise StepNotDone("the header is not there yet")
    return f"/{collection}/{header}/{PARTS[step.kind]}"


def customer_body(posting: Posting) -> dict[str, Any]:
    return {"name": posting.fact.customer_title}


def header_body(posting: Posting) -> dict[str, Any]:
    fact = posting.fact
    return {
        "customer_id": posting.document_of(StepKind.CUSTOMER),
        "reference": fact.reference,
        "currency": fact.amount.currency,
        "location": fact.location_id,
        "document_date": fact.happened_at.date().isoformat(),
        "origin_key": fact.origin_key,
    }


def lines_body(posting: Posting) -> dict[str, Any]:
    lines = [
        {
            "line_key": line.line_id,
            "item": line.sku,
            "description": line.title,
            "quantity_milli": line.milli,
            "unit_price": line.unit_price.text(),
            "amount": credit_positive(posting.fact, line.amount),
        }
        for line in posting.fact.lines
    ]
    return {"lines": lines}


def tax_body(posting: Posting) -> dict[str, Any]:
    fact = posting.fact
    return {"tax": [{"amount": credit_positive(fact, fact.tax), "included": fact.tax_included}]}


def payment_body(posting: Posting) -> dict[str, Any]:
    payments = [
        {
            "payment_key": paid.payment_id,
            "means": paid.means,
            "amount": credit_positive(posting.fact, paid.amount),
        }
        for paid in posting.fact.payments
    ]
    return {"payments": payments}


BODIES: dict[StepKind, Callable[[Posting], dict[str, Any]]] = {
    StepKind.CUSTOMER: customer_body,
    StepKind.HEADER: header_body,
    StepKind.LINES: lines_body,
    StepKind.TAX: tax_body,
    StepKind.PAYMENT: payment_body,
}


def credit_positive(fact: Fact, amount: Money) -> str:
    """The ERP writes credit notes with positive amounts."""
    return amount.text() if fact.kind is FactKind.SALE else (-amount).text()


def document_of(item: Any, collection: str) -> ErpDocument:
    total = Money.parse(item["sums"]["total"], item["currency"])
    paid = Money.parse(item["sums"]["paid"], item["currency"])
    credit = collection == COLLECTIONS[1]
    return ErpDocument(
        document_id=item["id"],
        external_key=item["external_key"],
        amount=-total if credit else total,
        paid=-paid if credit else paid,
        lines=item["sums"]["lines"],
    )

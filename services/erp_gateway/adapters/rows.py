"""Postings as rows, and back. The fact and the steps are JSON: only the gateway reads them."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from libs.money import Money
from services.erp_gateway.application.ports import Claimed, ErpCall, Heard
from services.erp_gateway.domain.facts import Fact, FactKind, FactLine, FactPayment
from services.erp_gateway.domain.postings import Outcome, Posting, PostingState, Step, StepKind

Json = dict[str, Any]


def fact_to_json(fact: Fact) -> Json:
    """Amounts are micros; the currency stands once, since a fact has one."""
    return {
        "kind": fact.kind.value,
        "order_id": fact.order_id,
        "reference": fact.reference,
        "source_id": fact.source_id,
        "currency": fact.amount.currency,
        "amount": fact.amount.micros,
        "tax": fact.tax.micros,
        "tax_included": fact.tax_included,
        "customer_id": fact.customer_id,
        "customer_name": fact.customer_name,
        "location_id": fact.location_id,
        "lines": [
            [line.line_id, line.sku, line.title, line.milli, line.unit_price.micros, line.amount.micros]
            for line in fact.lines
        ],
        "payments": [[paid.payment_id, paid.means, paid.amount.micros] for paid in fact.payments],
        "happened_at": fact.happened_at.isoformat(),
        "origin_key": fact.origin_key,
    }


def fact_from_json(kept: Json) -> Fact:
    def money(micros: int) -> Money:
        return Money(kept["currency"], micros)

    return Fact(
        kind=FactKind(kept["kind"]),
        order_id=kept["order_id"],
        reference=kept["reference"],
        source_id=kept["source_id"],
        amount=money(kept["amount"]),
        tax=money(kept["tax"]),
        tax_included=kept["tax_included"],
        customer_id=kept["customer_id"],
        customer_name=kept["customer_name"],
        location_id=kept["location_id"],
        lines=[
            FactLine(line_id, sku, title, milli, money(price), money(amount))
            for line_id, sku, title, milli, price, amount in kept["lines"]
        ],
        payments=[FactPayment(one, means, money(amount)) for one, means, amount in kept["payments"]],
        happened_at=datetime.fromisoformat(kept["happened_at"]),
        origin_key=kept["origin_key"],
    )


def step_to_json(step: Step) -> Json:
    return {
        "kind": step.kind.value,
        "external_key": step.external_key,
        "outcome": step.outcome.value,
        "document_id": step.document_id,
        "attempts": step.attempts,
        "last_error": step.last_error,
        "at": step.at.isoformat() if step.at else None,
        "settles_at": step.settles_at.isoformat() if step.settles_at else None,
    }


def step_from_json(kept: Json) -> Step:
    return Step(
        kind=StepKind(kept["kind"]),
        external_key=kept["external_key"],
        outcome=Outcome(kept["outcome"]),
        document_id=kept["document_id"],
        attempts=kept["attempts"],
        last_error=kept["last_error"],
        at=datetime.fromisoformat(kept["at"]) if kept["at"] else None,
        settles_at=datetime.fromisoformat(kept["settles_at"]) if kept["settles_at"] else None,
    )


def posting_from_row(row: Mapping[str, Any]) -> Posting:
    return Posting(
        posting_id=UUID(str(row["posting_id"])),
        fact=fact_from_json(row["fact"]),
        steps=[step_from_json(step) for step in row["steps"]],
        state=PostingState(row["state"]),
        failure=row["failure"],
        tries=row["tries"],
    )


def posting_to_row(posting: Posting, heard: Heard) -> Json:
    waits = posting.state is PostingState.PENDING
    return {
        "posting_id": posting.posting_id,
        "kind": posting.fact.kind.value,
        "order_id": posting.fact.order_id,
        "external_key": posting.fact.external_key,
        "state": posting.state.value,
        "amount_micros": posting.fact.amount.micros,
        "currency": posting.fact.amount.currency,
        "fact": fact_to_json(posting.fact),
        "steps": [step_to_json(step) for step in posting.steps],
        "failure": posting.failure,
        "tries": posting.tries,
        "traceparent": heard.traceparent,
        "created_at": heard.at,
        "next_attempt_at": heard.at if waits else None,
    }


def progress_to_row(posting: Posting) -> Json:
    return {
        "of": posting.posting_id,
        "state": posting.state.value,
        "steps": [step_to_json(step) for step in posting.steps],
        "failure": posting.failure,
        "tries": posting.tries,
    }


def claimed_from_row(row: Mapping[str, Any]) -> Claimed:
    return Claimed(posting_from_row(row), UUID(str(row["lease"])), row["created_at"], row["traceparent"])


def call_to_row(call: ErpCall) -> Json:
    return {
        "posting_id": call.posting_id,
        "step": call.step.value,
        "operation": call.operation,
        "status": call.status,
        "outcome": call.outcome.value,
        "duration_micros": call.duration // timedelta(microseconds=1),
        "at": call.at,
        "trace_id": call.trace_id,
        "request_digest": call.request_digest,
    }


def chained(calls: Sequence[ErpCall], previous: bytes) -> list[Json]:
    """Each row carries the hash of the posting's row before it, so that none can be taken out unnoticed."""
    chain = []
    for call in calls:
        row = call_to_row(call)
        digest = hashlib.sha256(previous + _canonical(row)).digest()
        chain.append(row | {"previous_hash": previous, "hash": digest})
        previous = digest
    return chain


def _canonical(row: Json) -> bytes:
    texts = {name: value.hex() if isinstance(value, bytes) else str(value) for name, value in row.items()}
    return json.dumps(texts, sort_keys=True).encode()

"""Between messages and rows."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping

from libs.intake.message import Arrival, Message, Problem, Record, State

PROBLEMS_KEPT = 50
RULE_LIMIT = 300
FIELD_LIMIT = 200

Columns = dict[str, list[Any]]


def columns_of(arrivals: Sequence[Arrival]) -> Columns:
    return {
        "message_id": [arrival.message_id for arrival in arrivals],
        **key_columns(arrivals),
        "business_key": [arrival.business_key for arrival in arrivals],
        "headers": [json.dumps(dict(arrival.headers)) for arrival in arrivals],
        "body": [arrival.body for arrival in arrivals],
        "digest": [arrival.content_digest for arrival in arrivals],
        "received_at": [arrival.received_at for arrival in arrivals],
        "traceparent": [arrival.traceparent for arrival in arrivals],
        "state": [arrival.state for arrival in arrivals],
        "reason": [arrival.reason for arrival in arrivals],
        "problems": [problems_json(arrival.problems) for arrival in arrivals],
    }


def key_columns(arrivals: Sequence[Arrival]) -> Columns:
    return {
        "sender": [arrival.sender for arrival in arrivals],
        "topic": [arrival.topic for arrival in arrivals],
        "sender_event_id": [arrival.sender_event_id for arrival in arrivals],
    }


def problems_json(problems: Sequence[Problem]) -> str:
    """Bounded: a hostile message may break a rule thousands of times."""
    kept = problems[:PROBLEMS_KEPT]
    return json.dumps([[problem.field[:FIELD_LIMIT], problem.rule[:RULE_LIMIT]] for problem in kept])


def message_of(row: RowMapping) -> Message:
    return Message(
        message_id=row["message_id"],
        sender=row["sender"],
        topic=row["topic"],
        business_key=row["business_key"],
        headers=row["headers"],
        body=row["body"],
        received_at=row["received_at"],
        traceparent=row["traceparent"],
        state=State(row["state"]),
        attempts=row["attempts"],
        failures=row["failures"],
        resubmitted=row["was_quarantined"],
    )


def record_of(row: RowMapping) -> Record:
    return Record(
        position=row["position"],
        message_id=row["message_id"],
        sender=row["sender"],
        topic=row["topic"],
        sender_event_id=row["sender_event_id"],
        business_key=row["business_key"],
        received_at=row["received_at"],
        state=State(row["state"]),
        reason=row["reason"],
        problems=tuple(Problem(field, rule) for field, rule in row["problems"]),
        attempts=row["attempts"],
        traceparent=row["traceparent"],
        order_id=row["order_id"],
        repeats=row["repeats"],
        note=row["note"],
        body=row.get("body", b""),
    )

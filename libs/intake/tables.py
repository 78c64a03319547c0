"""The tables in each gateway's database, made and dropped by its migrations."""

from typing import Protocol


class Operations(Protocol):
    """What these functions use of ``alembic.op``."""

    def execute(self, sqltext: str) -> None: ...


STATES = "'received', 'applied', 'waiting', 'ignored', 'quarantined', 'dismissed'"

CREATE = (
    f"""
    create table raw_messages (
        position bigint generated always as identity primary key,
        message_id uuid not null unique,
        sender text collate "C" not null,
        topic text collate "C" not null,
        sender_event_id text collate "C" not null,
        business_key text collate "C" not null,
        headers jsonb not null,
        body bytea not null,
        corrected_body bytea,
        digest bytea not null,
        received_at timestamptz not null,
        traceparent text not null,
        state text not null check (state in ({STATES})),
        reason text not null,
        problems jsonb not null,
        attempts integer not null default 0,
        failures integer not null default 0,
        next_attempt_at timestamptz not null,
        waits_for text collate "C" not null default '',
        order_id text collate "C" not null default '',
        repeats bigint not null default 0,
        note text not null default '',
        was_quarantined boolean not null default false,
        settled_at timestamptz,
        unique (sender, topic, sender_event_id)
    )
    """,
    "create index raw_messages_open on raw_messages (position) where state in ('received', 'waiting')",
    "create index raw_messages_in_order on raw_messages (business_key, position) where state = 'received'",
    "create index raw_messages_awaited on raw_messages (waits_for) where state = 'waiting'",
    "create index raw_messages_of_document on raw_messages (business_key, position)",
    "create index raw_messages_of_order on raw_messages (order_id, position) where order_id <> ''",
    # Arrival only grows, so a block range index serves the purge and costs an insert next to nothing.
    "create index raw_messages_received_at on raw_messages using brin (received_at)",
    "create index raw_messages_by_state on raw_messages (state, position)",
    "create table raw_messages_refused (reason text primary key, messages bigint not null)",
)


def create_intake_tables(op: Operations) -> None:
    for statement in CREATE:
        op.execute(statement)


def drop_intake_tables(op: Operations) -> None:
    op.execute("drop table raw_messages_refused")
    op.execute("drop table raw_messages")

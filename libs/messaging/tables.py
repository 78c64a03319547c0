"""The outbox and inbox of a service's database, made and dropped by its migrations."""

from typing import Protocol


class Operations(Protocol):
    """What these functions use of ``alembic.op``."""

    def execute(self, sqltext: str) -> None: ...


# Rows stay as the service's log of what it said, readable by key.
OUTBOX = (
    """
    create table outbox (
        position bigint generated always as identity primary key,
        event_id uuid not null unique,
        subject text not null,
        type text not null,
        key text not null,
        time timestamptz not null,
        traceparent text not null default '',
        tracestate text not null default '',
        payload bytea not null,
        published_at timestamptz
    )
    """,
    "create index outbox_unpublished on outbox (position) where published_at is null",
    "create index outbox_key on outbox (key, position)",
)
INBOX = (
    """
    create table inbox (
        event_id uuid not null,
        consumer text not null,
        processed_at timestamptz not null default now(),
        primary key (consumer, event_id)
    )
    """,
    "create index inbox_processed_at on inbox using brin (processed_at)",
    # Written only after a crash, to find the event that ends the process each time it is handled.
    """
    create table inbox_suspect (
        consumer text not null,
        event_id uuid not null,
        attempts int not null,
        primary key (consumer, event_id)
    )
    """,
)


def create_outbox_tables(op: Operations) -> None:
    for statement in OUTBOX:
        op.execute(statement)


def drop_outbox_tables(op: Operations) -> None:
    op.execute("drop table outbox")


def create_inbox_tables(op: Operations) -> None:
    for statement in INBOX:
        op.execute(statement)


def drop_inbox_tables(op: Operations) -> None:
    op.execute("drop table inbox, inbox_suspect")

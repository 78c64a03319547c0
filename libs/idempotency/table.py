"""The table in each service's database, made and dropped by its migrations."""

from typing import Protocol


class Operations(Protocol):
    """What these functions use of ``alembic.op``."""

    def execute(self, sqltext: str) -> None: ...


# The block range index on created_at serves the purge and costs an insert next to nothing.
CREATE = (
    """
    create table idempotency (
        rpc text not null,
        request_id text not null,
        digest bytea not null,
        response bytea not null,
        created_at timestamptz not null default now(),
        primary key (rpc, request_id)
    )
    """,
    "create index idempotency_created_at on idempotency using brin (created_at)",
)


def create_idempotency_table(op: Operations) -> None:
    for statement in CREATE:
        op.execute(statement)


def drop_idempotency_table(op: Operations) -> None:
    op.execute("drop table idempotency")

"""Postings, customers' accounts and the audit of every call."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from libs.idempotency import create_idempotency_table, drop_idempotency_table
from libs.messaging import (
    create_inbox_tables,
    create_outbox_tables,
    drop_inbox_tables,
    drop_outbox_tables,
)

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "posting",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("posting_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("external_key", sa.Text, nullable=False, unique=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("amount_micros", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("fact", JSONB, nullable=False),
        sa.Column("steps", JSONB, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("traceparent", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("posted_at", INSTANT),
        sa.Column("next_attempt_at", INSTANT),
        sa.Column("lease", sa.Uuid),
        sa.Column("leased_until", INSTANT),
    )
    op.create_index("posting_of_order", "posting", ["order_id", "position"])
    due = sa.text("state IN ('PENDING', 'POSTING')")
    op.create_index("posting_due", "posting", ["next_attempt_at"], postgresql_where=due)
    leased = sa.text("lease IS NOT NULL")
    op.create_index("posting_leased", "posting", ["lease"], postgresql_where=leased)
    posted = sa.text("state = 'POSTED'")
    op.create_index("posting_posted", "posting", ["posted_at"], postgresql_where=posted)
    op.create_table(
        "customer",
        sa.Column("customer_key", sa.Text, primary_key=True),
        sa.Column("owner", sa.Uuid, nullable=False),
        sa.Column("document_id", sa.Text, nullable=False),
    )
    op.create_table(
        "erp_call",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("posting_id", sa.Uuid, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("status", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("duration_micros", sa.BigInteger, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("trace_id", sa.Text, nullable=False),
        sa.Column("request_digest", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_index("erp_call_of_posting", "erp_call", ["posting_id", "position"], unique=True)
    create_idempotency_table(op)
    create_outbox_tables(op)
    create_inbox_tables(op)


def downgrade() -> None:
    drop_inbox_tables(op)
    drop_outbox_tables(op)
    drop_idempotency_table(op)
    for table in ("erp_call", "customer", "posting"):
        op.drop_table(table)

"""The tables of the ERP gateway. The outbox, inbox and idempotency tables belong to their libraries."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

metadata = sa.MetaData()

INSTANT = sa.DateTime(timezone=True)

posting = sa.Table(
    "posting",
    metadata,
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
    sa.Index("posting_of_order", "order_id", "position"),
    sa.Index("posting_due", "next_attempt_at", postgresql_where=sa.text("state IN ('PENDING', 'POSTING')")),
    sa.Index("posting_leased", "lease", postgresql_where=sa.text("lease IS NOT NULL")),
    sa.Index("posting_posted", "posted_at", postgresql_where=sa.text("state = 'POSTED'")),
)

customer = sa.Table(
    "customer",
    metadata,
    sa.Column("customer_key", sa.Text, primary_key=True),
    sa.Column("owner", sa.Uuid, nullable=False),
    sa.Column("document_id", sa.Text, nullable=False),
)

erp_call = sa.Table(
    "erp_call",
    metadata,
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
    sa.Index("erp_call_of_posting", "posting_id", "position", unique=True),
)

"""Raw messages, and the till transactions that were taken over."""

import sqlalchemy as sa
from alembic import op

from libs.idempotency import create_idempotency_table, drop_idempotency_table
from libs.intake import create_intake_tables, drop_intake_tables
from libs.messaging import create_outbox_tables, drop_outbox_tables

revision = "0001"
down_revision = None

KEY = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "till_transaction",
        sa.Column("location_id", KEY, primary_key=True),
        sa.Column("till", KEY, primary_key=True),
        sa.Column("business_date", sa.Date, primary_key=True),
        sa.Column("sequence", KEY, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        # Null where nothing changed hands.
        sa.Column("total_micros", sa.BigInteger),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.execute(
        "create index till_transaction_in_order on till_transaction"
        " (location_id, till, business_date, length(sequence), sequence)"
    )
    create_intake_tables(op)
    create_idempotency_table(op)
    create_outbox_tables(op)


def downgrade() -> None:
    drop_outbox_tables(op)
    drop_idempotency_table(op)
    drop_intake_tables(op)
    op.drop_table("till_transaction")

"""Raw messages, and what of each storefront order was handed over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from libs.idempotency import create_idempotency_table, drop_idempotency_table
from libs.intake import create_intake_tables, drop_intake_tables
from libs.messaging import create_outbox_tables, drop_outbox_tables

revision = "0001"
down_revision = None

KEY = sa.Text(collation="C")


def upgrade() -> None:
    op.create_table(
        "storefront_order",
        sa.Column("channel", KEY, primary_key=True),
        sa.Column("channel_order_id", KEY, primary_key=True),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("version", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid", sa.Boolean, nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        # By parcel id: where it left from, and pieces by line.
        sa.Column("parcels", postgresql.JSONB, nullable=False),
        sa.Column("refunds", postgresql.JSONB, nullable=False),
    )
    create_intake_tables(op)
    create_idempotency_table(op)
    create_outbox_tables(op)


def downgrade() -> None:
    drop_outbox_tables(op)
    drop_idempotency_table(op)
    drop_intake_tables(op)
    op.drop_table("storefront_order")

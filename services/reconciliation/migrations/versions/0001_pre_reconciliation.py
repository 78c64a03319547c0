"""Runs and their breaks."""

import sqlalchemy as sa
from alembic import op

from libs.idempotency import create_idempotency_table, drop_idempotency_table
from libs.messaging import create_outbox_tables, drop_outbox_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", sa.Uuid, primary_key=True),
        sa.Column("business_date", sa.Date, nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("breaks", sa.BigInteger, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "break",
        sa.Column("run_id", sa.Uuid, sa.ForeignKey("run.run_id"), primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("break_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("message", sa.LargeBinary, nullable=False),
    )
    create_idempotency_table(op)
    create_outbox_tables(op)


def downgrade() -> None:
    drop_outbox_tables(op)
    drop_idempotency_table(op)
    op.drop_table("break")
    op.drop_table("run")

"""Runs and breaks, kept as the messages that the RPCs answer, beside the columns that are searched."""

import sqlalchemy as sa

metadata = sa.MetaData()

run = sa.Table(
    "run",
    metadata,
    sa.Column("run_id", sa.Uuid, primary_key=True),
    sa.Column("business_date", sa.Date, nullable=False),
    sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("breaks", sa.BigInteger, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
)

found_break = sa.Table(
    "break",
    metadata,
    sa.Column("run_id", sa.Uuid, sa.ForeignKey("run.run_id"), primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True),
    sa.Column("break_id", sa.Uuid, nullable=False, unique=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
)

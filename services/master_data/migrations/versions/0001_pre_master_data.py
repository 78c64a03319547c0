"""Products with their names and prices, promotions, locations, customers."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from libs.idempotency import create_idempotency_table, drop_idempotency_table
from libs.messaging import create_outbox_tables, drop_outbox_tables

revision = "0001"
down_revision = None

KEY = sa.Text(collation="C")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("sku", KEY, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("brand", sa.Text, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("stocked", sa.Boolean, nullable=False),
        sa.Column("tax_class", sa.Text, nullable=False),
        *history(),
    )
    op.create_table(
        "identifier",
        sa.Column("scheme", KEY, primary_key=True),
        sa.Column("key", KEY, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("sku", KEY, sa.ForeignKey("product.sku"), nullable=False),
    )
    op.create_index("identifier_of_product", "identifier", ["sku"])
    op.create_table(
        "price",
        sa.Column("sku", KEY, sa.ForeignKey("product.sku"), primary_key=True),
        sa.Column("price_list", KEY, primary_key=True),
        sa.Column("valid_from", INSTANT, primary_key=True),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount_micros", sa.BigInteger, nullable=False),
        *history(),
        sa.CheckConstraint("amount_micros >= 0", name="price_not_negative"),
    )
    op.create_table(
        "promotion",
        sa.Column("promotion_id", KEY, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        *history(),
    )
    op.create_table(
        "location",
        sa.Column("location_id", KEY, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("gln", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text, nullable=False),
        sa.Column("ships", sa.Boolean, nullable=False),
        sa.Column("contact", postgresql.JSONB),
        *history(),
    )
    op.create_table(
        "customer",
        sa.Column("customer_id", KEY, primary_key=True),
        sa.Column("contact", postgresql.JSONB),
        *history(),
    )
    create_idempotency_table(op)
    create_outbox_tables(op)


def downgrade() -> None:
    drop_outbox_tables(op)
    drop_idempotency_table(op)
    for table in ("customer", "location", "promotion", "price", "identifier", "product"):
        op.drop_table(table)


def history() -> tuple[sa.Column[int], sa.Column[datetime]]:
    """The number of changes, 1 for the creation, and the instant of the last."""
    version = sa.Column("version", sa.BigInteger, nullable=False)
    return version, sa.Column("changed_at", INSTANT, nullable=False)

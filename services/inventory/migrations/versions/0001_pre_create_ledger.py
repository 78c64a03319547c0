"""The ledger, levels, reservations, and what sourcing decides by."""

import sqlalchemy as sa
from alembic import op

from libs.idempotency import create_idempotency_table, drop_idempotency_table
from libs.messaging import (
    create_inbox_tables,
    create_outbox_tables,
    drop_inbox_tables,
    drop_outbox_tables,
)

revision = "0001"
down_revision = None

NAME = sa.Text(collation="C")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_levels()
    create_movements()
    create_reservations()
    create_sourcing()
    create_idempotency_table(op)
    create_outbox_tables(op)
    create_inbox_tables(op)


def create_levels() -> None:
    op.create_table(
        "levels",
        sa.Column("sku", NAME, primary_key=True),
        sa.Column("location_id", NAME, primary_key=True),
        sa.Column("unit", sa.SmallInteger, nullable=False),
        sa.Column("on_hand", sa.BigInteger, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("safety_stock", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("counted_at", INSTANT),
        sa.CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        sa.CheckConstraint("reserved >= 0 and reserved <= on_hand", name="reserved_is_there"),
        sa.CheckConstraint("safety_stock >= 0", name="safety_stock_not_negative"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "sku_units",
        sa.Column("sku", NAME, primary_key=True),
        sa.Column("unit", sa.SmallInteger, nullable=False),
    )


def create_movements() -> None:
    op.create_table(
        "movements",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("sku", NAME, nullable=False),
        sa.Column("location_id", NAME, nullable=False),
        sa.Column("from_bucket", sa.SmallInteger, nullable=False),
        sa.Column("to_bucket", sa.SmallInteger, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.SmallInteger, nullable=False),
        sa.Column("source_reference", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("occurred_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False, server_default=sa.text("now()")),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("from_bucket <> to_bucket", name="buckets_differ"),
        sa.Index("movements_of_level", "sku", "location_id", "position"),
        sa.Index("movements_of_source", "source_reference", "position"),
    )


def create_reservations() -> None:
    op.create_table(
        "reservations",
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("line_id", NAME, primary_key=True),
        sa.Column("sku", NAME, primary_key=True),
        sa.Column("location_id", NAME, primary_key=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False),
        sa.Column("reserved_at", INSTANT, nullable=False),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.Index("reservations_open", "sku", "location_id", postgresql_where=sa.text("state = 1")),
    )
    op.create_table(
        "holds",
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("expires_at", INSTANT),
        sa.Index("holds_tentative", "expires_at", postgresql_where=sa.text("expires_at is not null")),
    )


def create_sourcing() -> None:
    op.create_table(
        "locations",
        sa.Column("location_id", NAME, primary_key=True),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("region", sa.Text, nullable=False),
        sa.Column("ships", sa.Boolean, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    rules = op.create_table(
        "sourcing_rules",
        sa.Column("channel", NAME, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("use_warehouses", sa.Boolean, nullable=False),
        sa.Column("use_stores", sa.Boolean, nullable=False),
        sa.Column("prefer_region", sa.Boolean, nullable=False),
        sa.Column("region_only", sa.Boolean, nullable=False),
        sa.Column("max_split", sa.Integer, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(rules, [DEFAULT_RULE])


DEFAULT_RULE = {
    "channel": "*",
    "name": "default",
    "use_warehouses": True,
    "use_stores": True,
    "prefer_region": True,
    "region_only": False,
    "max_split": 0,
    "version": 1,
}


def downgrade() -> None:
    drop_inbox_tables(op)
    drop_outbox_tables(op)
    drop_idempotency_table(op)
    for table in ("sourcing_rules", "locations", "holds", "reservations", "movements", "sku_units", "levels"):
        op.drop_table(table)

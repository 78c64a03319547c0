"""The tables of inventory. Numbers in smallint columns are those of the contract's enums."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)

metadata = MetaData()

# Bytewise, so that the order in which rows are locked does not depend on the server's locale.
NAME = Text(collation="C")
INSTANT = DateTime(timezone=True)

levels = Table(
    "levels",
    metadata,
    Column("sku", NAME, primary_key=True),
    Column("location_id", NAME, primary_key=True),
    Column("unit", SmallInteger, nullable=False),
    Column("on_hand", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("safety_stock", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("counted_at", INSTANT),
    CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
    CheckConstraint("reserved >= 0 and reserved <= on_hand", name="reserved_is_there"),
    CheckConstraint("safety_stock >= 0", name="safety_stock_not_negative"),
    # Room for new versions beside the old: no index entry changes when a level does.
    postgresql_with={"fillfactor": "50"},
)

# A product has one unit at all locations, fixed by whoever counts, receives or issues it first.
sku_units = Table(
    "sku_units",
    metadata,
    Column("sku", NAME, primary_key=True),
    Column("unit", SmallInteger, nullable=False),
)

movements = Table(
    "movements",
    metadata,
    Column("position", BigInteger, Identity(always=True), primary_key=True),
    Column("sku", NAME, nullable=False),
    Column("location_id", NAME, nullable=False),
    Column("from_bucket", SmallInteger, nullable=False),
    Column("to_bucket", SmallInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("cause", SmallInteger, nullable=False),
    Column("source_reference", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("occurred_at", INSTANT, nullable=False),
    Column("recorded_at", INSTANT, nullable=False, server_default=text("now()")),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    CheckConstraint("from_bucket <> to_bucket", name="buckets_differ"),
    Index("movements_of_level", "sku", "location_id", "position"),
    Index("movements_of_source", "source_reference", "position"),
)

# One row for each line and location, whose quantity is what is promised now; its history is in the events.
reservations = Table(
    "reservations",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("line_id", NAME, primary_key=True),
    Column("sku", NAME, primary_key=True),
    Column("location_id", NAME, primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("reserved_at", INSTANT, nullable=False),
    CheckConstraint("quantity > 0", name="quantity_positive"),
    # For a till's sale that takes promised goods, and has to find whose they were.
    Index("reservations_open", "sku", "location_id", postgresql_where=text("state = 1")),
)

# Whether an order's promises lapse: at expires_at, or never since the order was recorded.
holds = Table(
    "holds",
    metadata,
    Column("order_id", Uuid, primary_key=True),
    Column("expires_at", INSTANT),
    Index("holds_tentative", "expires_at", postgresql_where=text("expires_at is not null")),
)

# What sourcing needs of master data's locations.
locations = Table(
    "locations",
    metadata,
    Column("location_id", NAME, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("region", Text, nullable=False),
    Column("ships", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
)

sourcing_rules = Table(
    "sourcing_rules",
    metadata,
    Column("channel", NAME, primary_key=True),
    Column("name", Text, nullable=False),
    Column("use_warehouses", Boolean, nullable=False),
    Column("use_stores", Boolean, nullable=False),
    Column("prefer_region", Boolean, nullable=False),
    Column("region_only", Boolean, nullable=False),
    Column("max_split", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
)

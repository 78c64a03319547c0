"""The tables of master data. The outbox and the idempotency table belong to their libraries."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()


def key(name: str, *constraints: ForeignKey) -> Column[str]:
    """Keys sort by code point, so that pages and lock order do not depend on the server's locale."""
    return Column(name, Text(collation="C"), *constraints, primary_key=True)


def given(name: str, kind: Any = Text) -> Column[Any]:
    return Column(name, kind, nullable=False)


def contact() -> Column[Any]:
    """Personal data, all of it in this one column."""
    return Column("contact", JSONB(none_as_null=True))


def history() -> tuple[Column[Any], ...]:
    """Set by the service: the number of changes, 1 for the creation, and the instant of the last."""
    return given("version", BigInteger), given("changed_at", DateTime(timezone=True))


product = Table(
    "product",
    metadata,
    key("sku"),
    given("title"),
    given("category"),
    given("brand"),
    given("unit"),
    given("stocked", Boolean),
    given("tax_class"),
    *history(),
)

# Every name of every product, its own SKU among them: resolving any scheme is one look-up.
identifier = Table(
    "identifier",
    metadata,
    key("scheme"),
    key("key"),
    given("value"),
    Column("sku", Text(collation="C"), ForeignKey("product.sku"), nullable=False),
    Index("identifier_of_product", "sku"),
)

price = Table(
    "price",
    metadata,
    key("sku", ForeignKey("product.sku")),
    key("price_list"),
    Column("valid_from", DateTime(timezone=True), primary_key=True),
    given("currency"),
    given("amount_micros", BigInteger),
    *history(),
    CheckConstraint("amount_micros >= 0", name="price_not_negative"),
)

promotion = Table(
    "promotion",
    metadata,
    key("promotion_id"),
    given("kind"),
    given("title"),
    *history(),
)

location = Table(
    "location",
    metadata,
    key("location_id"),
    given("kind"),
    given("name"),
    given("region"),
    given("gln"),
    given("time_zone"),
    given("ships", Boolean),
    contact(),
    *history(),
)

customer = Table("customer", metadata, key("customer_id"), contact(), *history())

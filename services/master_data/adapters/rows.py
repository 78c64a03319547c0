"""Between the domain and rows: a batch becomes columns, a row becomes a resource."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from sqlalchemy import RowMapping

from libs.money import Money
from services.master_data.domain.catalogue import Price, Product, Promotion, PromotionKind, Unit
from services.master_data.domain.identifiers import Identifier, IdentifierKey, Scheme
from services.master_data.domain.parties import Contact, Customer, Location, LocationKind, PostalAddress
from services.master_data.domain.recorded import Recorded
from services.master_data.domain.replace_products import Claim

T = TypeVar("T")
Columns = dict[str, list[Any]]

PRODUCT = ("sku", "title", "category", "brand", "unit", "stocked", "tax_class")
PROMOTION = ("promotion_id", "kind", "title")
LOCATION = ("location_id", "kind", "name", "region", "gln", "time_zone", "ships")


def columns(resources: Sequence[object], names: Sequence[str]) -> Columns:
    """Columns that are named like the attributes."""
    return {name: [getattr(resource, name) for resource in resources] for name in names}


def product_columns(products: Sequence[Product]) -> Columns:
    return columns(products, PRODUCT)


def name_columns(keys: Collection[IdentifierKey]) -> Columns:
    return {"scheme": [key.scheme for key in keys], "key": [key.key for key in keys]}


def claim_columns(claims: Sequence[Claim]) -> Columns:
    return name_columns([claim.key for claim in claims]) | columns(claims, ("value", "sku"))


def price_columns(prices: Sequence[Price]) -> Columns:
    return columns(prices, ("sku", "price_list", "valid_from")) | {
        "currency": [price.amount.currency for price in prices],
        "amount_micros": [price.amount.micros for price in prices],
    }


def promotion_columns(promotions: Sequence[Promotion]) -> Columns:
    return columns(promotions, PROMOTION)


def location_columns(locations: Sequence[Location]) -> Columns:
    return columns(locations, LOCATION) | contact_column([location.contact for location in locations])


def customer_columns(customers: Sequence[Customer]) -> Columns:
    ids = columns(customers, ("customer_id",))
    return ids | contact_column([customer.contact for customer in customers])


def contact_column(contacts: Sequence[Contact | None]) -> Columns:
    return {"contact": [asdict(contact) if contact else None for contact in contacts]}


def recorded(value: T, row: RowMapping) -> Recorded[T]:
    return Recorded(value, row["version"], row["changed_at"])


def product_of(row: RowMapping) -> Recorded[Product]:
    names = sorted(Identifier(Scheme(scheme), value) for scheme, value in row["identifiers"] or ())
    attributes = {name: row[name] for name in PRODUCT} | {"unit": Unit(row["unit"])}
    return recorded(Product(**attributes, identifiers=tuple(names)), row)


def holder_of(row: RowMapping) -> tuple[IdentifierKey, str]:
    return IdentifierKey(Scheme(row["scheme"]), row["key"]), row["sku"]


def price_of(row: RowMapping) -> Price:
    amount = Money(row["currency"], row["amount_micros"])
    return Price(row["sku"], row["price_list"], amount, row["valid_from"])


def promotion_of(row: RowMapping) -> Promotion:
    return Promotion(row["promotion_id"], PromotionKind(row["kind"]), row["title"])


def location_of(row: RowMapping) -> Recorded[Location]:
    attributes = {name: row[name] for name in LOCATION} | {"kind": LocationKind(row["kind"])}
    return recorded(Location(**attributes, contact=contact_of(row["contact"])), row)


def customer_of(row: RowMapping) -> Recorded[Customer]:
    return recorded(Customer(row["customer_id"], contact_of(row["contact"])), row)


def contact_of(stored: dict[str, Any] | None) -> Contact | None:
    if stored is None:
        return None
    address = stored["address"]
    return Contact(**stored | {"address": address_of(address) if address else None})


def address_of(stored: dict[str, Any]) -> PostalAddress:
    lists = {name: tuple(stored[name]) for name in ("address_lines", "recipients")}
    return PostalAddress(**stored | lists)

"""Master data as callers send it; each argument replaces what a test does not care about."""

from datetime import UTC, datetime
from typing import Any

from google.type.postal_address_pb2 import PostalAddress

from libs.money import Money
from libs.protos import money_to_proto
from retailmesh.masterdata.v1.party_pb2 import LOCATION_KIND_STORE, Customer, Location
from retailmesh.masterdata.v1.product_pb2 import (
    IDENTIFIER_SCHEME_GTIN,
    IDENTIFIER_SCHEME_SKU,
    IDENTIFIER_SCHEME_TILL_PLU,
    PROMOTION_KIND_COUPON,
    Price,
    Product,
    ProductIdentifier,
    Promotion,
)
from retailmesh.type.v1.address_pb2 import Contact
from retailmesh.type.v1.quantity_pb2 import UNIT_PIECE

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def gtin(value: str) -> ProductIdentifier:
    return ProductIdentifier(scheme=IDENTIFIER_SCHEME_GTIN, value=value)


def plu(value: str) -> ProductIdentifier:
    return ProductIdentifier(scheme=IDENTIFIER_SCHEME_TILL_PLU, value=value)


def sku_name(value: str) -> ProductIdentifier:
    return ProductIdentifier(scheme=IDENTIFIER_SCHEME_SKU, value=value)


def a_product(sku: str = "MILK-1L", *identifiers: ProductIdentifier, **given: Any) -> Product:
    usual = {"title": f"Article {sku}", "unit": UNIT_PIECE, "stocked": True, "category": "Food / Dairy"}
    return Product(**usual | {"sku": sku, "identifiers": identifiers} | given)


def a_price(
    sku: str = "MILK-1L", amount: str = "1.29", valid_from: datetime = NEW_YEAR, *, price_list: str = "store"
) -> Price:
    money = money_to_proto(Money.parse(amount, "EUR"))
    return Price(sku=sku, price_list=price_list, amount=money, valid_from=valid_from)


def a_promotion(promotion_id: str = "CARD-10", title: str = "Card holders save") -> Promotion:
    return Promotion(promotion_id=promotion_id, kind=PROMOTION_KIND_COUPON, title=title)


def a_location(location_id: str = "S001", **given: Any) -> Location:
    usual = {"kind": LOCATION_KIND_STORE, "name": f"Store {location_id}", "region": "NORTH", "ships": True}
    return Location(**usual | {"location_id": location_id, "contact": a_contact()} | given)


def a_customer(customer_id: str = "C1", name: str = "Erika Muster") -> Customer:
    return Customer(customer_id=customer_id, contact=a_contact(name))


def a_contact(name: str = "Front desk") -> Contact:
    address = PostalAddress(
        region_code="DE", postal_code="20095", locality="Hamburg", address_lines=["Musterweg 1", "2. Etage"]
    )
    return Contact(name=name, email="someone@example.org", phone="+49 40 123", address=address)

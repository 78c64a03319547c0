"""The plan in the words of the contracts, as JSON that ``google.protobuf.json_format.ParseDict`` takes.

Keys that a contract does not have stand under ``sandbox``; parse with ``ignore_unknown_fields``.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.sandbox.domain.messages import Day
from services.sandbox.domain.people import Address, Person
from services.sandbox.domain.places import Store, Warehouse
from services.sandbox.domain.trade import Product, ReductionKind, Unit

Json = dict[str, Any]
UNITS = {Unit.PIECE: "UNIT_PIECE", Unit.LITRE: "UNIT_LITRE"}
TITLES = {
    ReductionKind.RETAIL: "Loyalty price",
    ReductionKind.COUPON: "Manufacturer's coupon",
    ReductionKind.COUPON_MATCH: "Match of a manufacturer's coupon",
}
PRICE_LISTS = ("store", "shopify")
"""The stand-in chain asks the same price everywhere."""


def products(day: Day) -> Iterable[Json]:
    """`retailmesh.masterdata.v1.Product`."""
    return map(product, day.catalogue.values())


def product(row: Product) -> Json:
    identifiers = {
        "IDENTIFIER_SCHEME_GTIN": row.gtin,
        "IDENTIFIER_SCHEME_TILL_PLU": row.plu,
        "IDENTIFIER_SCHEME_SHOPIFY_VARIANT": str(row.variant_id),
        "IDENTIFIER_SCHEME_ERP_ITEM": f"ITEM-{row.sku}",
    }
    return {
        "sku": row.sku,
        "title": row.title,
        "category": row.category,
        "brand": row.brand,
        "unit": UNITS[row.unit],
        "stocked": row.stocked,
        "tax_class": row.tax_class,
        "identifiers": [{"scheme": scheme, "value": value} for scheme, value in identifiers.items() if value],
    }


def prices(day: Day) -> Iterable[Json]:
    """`retailmesh.masterdata.v1.Price`, valid from the day before."""
    since = opening(day) - timedelta(days=1)
    for row in day.catalogue.values():
        for price_list in PRICE_LISTS:
            yield {
                "sku": row.sku,
                "price_list": price_list,
                "amount": money(row.price, day.dataset.currency),
                "valid_from": since.isoformat(),
            }


def promotions(day: Day) -> Iterable[Json]:
    """`retailmesh.masterdata.v1.Promotion`."""
    for kind in ReductionKind:
        yield {
            "promotion_id": kind.name,
            "kind": f"PROMOTION_KIND_{kind.name}",
            "title": TITLES[kind],
        }


def locations(day: Day) -> Iterable[Json]:
    """`retailmesh.masterdata.v1.Location`; ``sandbox`` lists the tills."""
    for warehouse in day.places.warehouses:
        yield warehouse_row(day, warehouse)
    for store in day.places.stores:
        yield store_row(day, store)


def warehouse_row(day: Day, warehouse: Warehouse) -> Json:
    return {
        "location_id": warehouse.location_id,
        "kind": "LOCATION_KIND_WAREHOUSE",
        "name": f"Warehouse {warehouse.location_id}",
        "region": warehouse.region,
        "time_zone": day.dataset.time_zone,
        "ships": True,
        "sandbox": {"tills": []},
    }


def store_row(day: Day, store: Store) -> Json:
    return {
        "location_id": store.number,
        "kind": "LOCATION_KIND_STORE",
        "name": f"Store {store.number}",
        "region": store.region,
        "time_zone": day.dataset.time_zone,
        "ships": store.ships,
        "sandbox": {"tills": list(store.tills)},
    }


def customers(day: Day) -> Iterable[Json]:
    """`retailmesh.masterdata.v1.Customer`; ``sandbox`` has the storefront's id and the loyalty card."""
    return map(customer, day.people)


def customer(person: Person) -> Json:
    return {
        "customer_id": person.customer_id,
        "contact": {
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "address": postal_address(person.address),
        },
        "sandbox": {"shopify_customer_id": str(person.number), "card": person.card},
    }


def postal_address(address: Address) -> Json:
    """`google.type.PostalAddress`."""
    return {
        "region_code": address.country_code,
        "postal_code": address.postal_code,
        "administrative_area": address.state,
        "locality": address.city,
        "address_lines": [address.street],
    }


def stock(day: Day) -> Iterable[Json]:
    """`retailmesh.inventory.v1.CountedStock`: what is on the shelves when the day opens."""
    for (location_id, sku), milli in sorted(day.stock.opening.items()):
        yield {
            "location_id": location_id,
            "sku": sku,
            "quantity": {"milli": str(milli), "unit": UNITS[day.catalogue[sku].unit]},
        }


MASTER_DATA: dict[str, Callable[[Day], Iterable[Json]]] = {
    "products": products,
    "prices": prices,
    "promotions": promotions,
    "locations": locations,
    "customers": customers,
    "stock": stock,
}


def opening(day: Day) -> datetime:
    """The midnight at which the day begins."""
    return datetime.combine(day.dataset.business_date, time(), ZoneInfo(day.dataset.time_zone))


def money(micros: int, currency: str) -> Json:
    """`google.type.Money`."""
    units, rest = divmod(abs(micros), 1_000_000)
    sign = -1 if micros < 0 else 1
    return {"currency_code": currency, "units": str(sign * units), "nanos": sign * rest * 1000}

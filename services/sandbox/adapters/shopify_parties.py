"""Customers, addresses and locations as Shopify writes them."""

from zlib import crc32

from services.sandbox.adapters.shopify_values import Fields, gid, stamp
from services.sandbox.domain.orders import Order
from services.sandbox.domain.people import Address, Person

FIRST_LOCATION = 60_000_000_000


def address(where: Address, person: Person | None) -> Fields:
    return {
        "first_name": person.given_name if person else None,
        "address1": where.street,
        "phone": person.phone if person else None,
        "city": where.city,
        "zip": where.postal_code,
        "province": where.state or None,
        "country": where.country,
        "last_name": person.family_name if person else None,
        "address2": None,
        "company": None,
        "latitude": None,
        "longitude": None,
        "name": person.name if person else "",
        "country_code": where.country_code or None,
        "province_code": where.state or None,
    }


def customer(person: Person, order: Order) -> Fields:
    since = stamp(order.placed_at.replace(month=1, day=1))
    return {
        "id": person.number,
        "admin_graphql_api_id": gid("Customer", person.number),
        "created_at": since,
        "updated_at": stamp(order.placed_at),
        "first_name": person.given_name,
        "last_name": person.family_name,
        "email": person.email,
        "phone": person.phone,
        "state": "enabled",
        "note": person.customer_id,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "tax_exemptions": [],
        "tags": f"customer:{person.customer_id}",
        "currency": order.currency,
        "email_marketing_consent": {
            "state": "not_subscribed",
            "opt_in_level": "single_opt_in",
            "consent_updated_at": None,
        },
        "sms_marketing_consent": None,
        "default_address": default_address(person),
    }


def default_address(person: Person) -> Fields:
    home = address(person.address, person)
    fields = {name: value for name, value in home.items() if name not in ("latitude", "longitude")}
    return {
        "id": person.number // 11,
        "customer_id": person.number,
        **fields,
        "country_name": person.address.country,
        "default": True,
    }


def client() -> Fields:
    return {
        "accept_language": "en",
        "browser_height": None,
        "browser_ip": "203.0.113.7",
        "browser_width": None,
        "session_hash": None,
        "user_agent": "Mozilla/5.0 (X11; Linux x86_64)",
    }


def origin(location_id: str) -> Fields:
    """A location of the shop. Its name is the canonical location id; its number is Shopify's own."""
    return {
        "id": FIRST_LOCATION + crc32(location_id.encode()),
        "country_code": "US",
        "province_code": "",
        "name": location_id,
        "address1": "1 Dock Road",
        "address2": "",
        "city": "Fairview",
        "zip": "40003",
    }

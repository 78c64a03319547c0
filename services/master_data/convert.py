"""Protobuf messages to domain objects and back; nothing else in the service sees both."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from google.protobuf.message import Message
from google.type import postal_address_pb2

from libs import messaging
from libs.messaging import Event
from libs.protos import money_from_proto, money_to_proto, timestamp_from_proto, timestamp_to_proto
from retailmesh.masterdata.v1 import master_data_events_pb2 as events_pb2
from retailmesh.masterdata.v1 import master_data_service_pb2 as pb
from retailmesh.masterdata.v1 import party_pb2, product_pb2
from retailmesh.type.v1 import address_pb2, quantity_pb2
from services.master_data.domain import events
from services.master_data.domain.catalogue import Price, Product, Promotion, PromotionKind, Unit
from services.master_data.domain.identifiers import Identifier, Scheme
from services.master_data.domain.parties import Contact, Customer, Location, LocationKind, PostalAddress
from services.master_data.domain.recorded import Recorded, Upserted

# Enum value ↔ domain value: the names agree but for the prefix, and 0 (unspecified) never passes validation.
SCHEME = {product_pb2.IdentifierScheme.Value(f"IDENTIFIER_SCHEME_{it.name}"): it for it in Scheme}
UNIT = {quantity_pb2.Unit.Value(f"UNIT_{it.name}"): it for it in Unit}
PROMOTION_KIND = {product_pb2.PromotionKind.Value(f"PROMOTION_KIND_{it.name}"): it for it in PromotionKind}
LOCATION_KIND = {party_pb2.LocationKind.Value(f"LOCATION_KIND_{it.name}"): it for it in LocationKind}

SCHEME_NUMBER = {value: number for number, value in SCHEME.items()}
UNIT_NUMBER = {value: number for number, value in UNIT.items()}
PROMOTION_KIND_NUMBER = {value: number for number, value in PROMOTION_KIND.items()}
LOCATION_KIND_NUMBER = {value: number for number, value in LOCATION_KIND.items()}


def identifier_from_proto(message: product_pb2.ProductIdentifier) -> Identifier:
    return Identifier(SCHEME[message.scheme], message.value)


def identifier_to_proto(identifier: Identifier) -> product_pb2.ProductIdentifier:
    return product_pb2.ProductIdentifier(scheme=SCHEME_NUMBER[identifier.scheme], value=identifier.value)


def product_from_proto(message: product_pb2.Product) -> Product:
    return Product(
        sku=message.sku,
        title=message.title,
        category=message.category,
        brand=message.brand,
        unit=UNIT[message.unit],
        stocked=message.stocked,
        tax_class=message.tax_class,
        identifiers=tuple(map(identifier_from_proto, message.identifiers)),
    )


def product_to_proto(product: Recorded[Product]) -> product_pb2.Product:
    value = product.value
    return product_pb2.Product(
        sku=value.sku,
        title=value.title,
        category=value.category,
        brand=value.brand,
        unit=UNIT_NUMBER[value.unit],
        stocked=value.stocked,
        tax_class=value.tax_class,
        identifiers=map(identifier_to_proto, value.identifiers),
        version=product.version,
        changed_at=timestamp_to_proto(product.changed_at),
    )


def price_from_proto(message: product_pb2.Price) -> Price:
    return Price(
        sku=message.sku,
        price_list=message.price_list,
        amount=money_from_proto(message.amount, "prices.amount"),
        valid_from=timestamp_from_proto(message.valid_from, "prices.valid_from"),
    )


def price_to_proto(price: Price) -> product_pb2.Price:
    return product_pb2.Price(
        sku=price.sku,
        price_list=price.price_list,
        amount=money_to_proto(price.amount),
        valid_from=timestamp_to_proto(price.valid_from),
    )


def promotion_from_proto(message: product_pb2.Promotion) -> Promotion:
    return Promotion(message.promotion_id, PROMOTION_KIND[message.kind], message.title)


def promotion_to_proto(promotion: Promotion) -> product_pb2.Promotion:
    return product_pb2.Promotion(
        promotion_id=promotion.promotion_id,
        kind=PROMOTION_KIND_NUMBER[promotion.kind],
        title=promotion.title,
    )


def location_from_proto(message: party_pb2.Location) -> Location:
    return Location(
        location_id=message.location_id,
        kind=LOCATION_KIND[message.kind],
        name=message.name,
        region=message.region,
        gln=message.gln,
        time_zone=message.time_zone,
        ships=message.ships,
        contact=contact_from_proto(message.contact) if message.HasField("contact") else None,
    )


def location_to_proto(location: Recorded[Location]) -> party_pb2.Location:
    value = location.value
    return party_pb2.Location(
        location_id=value.location_id,
        kind=LOCATION_KIND_NUMBER[value.kind],
        name=value.name,
        region=value.region,
        gln=value.gln,
        time_zone=value.time_zone,
        ships=value.ships,
        contact=contact_to_proto(value.contact) if value.contact else None,
        version=location.version,
        changed_at=timestamp_to_proto(location.changed_at),
    )


def customer_from_proto(message: party_pb2.Customer) -> Customer:
    contact = contact_from_proto(message.contact) if message.HasField("contact") else None
    return Customer(message.customer_id, contact)


def customer_to_proto(customer: Recorded[Customer]) -> party_pb2.Customer:
    contact = customer.value.contact
    return party_pb2.Customer(
        customer_id=customer.value.customer_id,
        contact=contact_to_proto(contact) if contact else None,
        version=customer.version,
        changed_at=timestamp_to_proto(customer.changed_at),
    )


def contact_from_proto(message: address_pb2.Contact) -> Contact:
    address = address_from_proto(message.address) if message.HasField("address") else None
    return Contact(message.name, message.email, message.phone, address)


def contact_to_proto(contact: Contact) -> address_pb2.Contact:
    address = address_to_proto(contact.address) if contact.address else None
    return address_pb2.Contact(name=contact.name, email=contact.email, phone=contact.phone, address=address)


def address_from_proto(message: postal_address_pb2.PostalAddress) -> PostalAddress:
    given = {field.name: value for field, value in message.ListFields() if field.name != "revision"}
    lists = {name: tuple(given.get(name, ())) for name in ("address_lines", "recipients")}
    return PostalAddress(**given | lists)


def address_to_proto(address: PostalAddress) -> postal_address_pb2.PostalAddress:
    return postal_address_pb2.PostalAddress(**asdict(address))


def upserted_to_bytes(upserted: Upserted) -> bytes:
    """The five upserts answer alike, so one message keeps the answer of each for its repeats."""
    return pb.BatchUpsertProductsResponse(**asdict(upserted)).SerializeToString()


def upserted_from_bytes(answer: bytes) -> Upserted:
    message = pb.BatchUpsertProductsResponse.FromString(answer)
    return Upserted(message.created, message.changed, message.unchanged)


def event_of(fact: events.MasterDataEvent, event_id: UUID, now: datetime) -> Event:
    """The event that tells ``fact``; subject ``retail.masterdata.v1.<noun>.changed.<partition>``."""
    noun, key, message = wire_of(fact)
    return messaging.event_of(message, key=key, noun=noun, fact="changed", event_id=event_id, time=now)


def wire_of(fact: events.MasterDataEvent) -> tuple[str, str, Message]:
    """The noun of the subject, the key that keeps the order, the payload."""
    match fact:
        case events.ProductChanged(product):
            message: Message = events_pb2.ProductChanged(product=product_to_proto(product))
            return "product", product.value.sku, message
        case events.PriceChanged(price):
            return "price", price.sku, events_pb2.PriceChanged(price=price_to_proto(price))
        case events.PromotionChanged(promotion):
            message = events_pb2.PromotionChanged(promotion=promotion_to_proto(promotion))
            return "promotion", promotion.promotion_id, message
        case events.LocationChanged(location):
            message = events_pb2.LocationChanged(location=location_to_proto(location))
            return "location", location.value.location_id, message
        case events.CustomerChanged(customer_id, version):
            message = events_pb2.CustomerChanged(customer_id=customer_id, version=version)
            return "customer", customer_id, message

"""Places that hold stock and people who buy."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """The fields of google.type.PostalAddress; empty when not given."""

    region_code: str = ""
    language_code: str = ""
    postal_code: str = ""
    sorting_code: str = ""
    administrative_area: str = ""
    locality: str = ""
    sublocality: str = ""
    address_lines: tuple[str, ...] = ()
    recipients: tuple[str, ...] = ()
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person or organisation; personal data throughout."""

    name: str = ""
    email: str = ""
    phone: str = ""
    address: PostalAddress | None = None


class LocationKind(StrEnum):
    """What a place is; the value is what the database holds."""

    STORE = "store"
    WAREHOUSE = "warehouse"


@dataclass(frozen=True, slots=True)
class Location:
    """A place that holds stock."""

    location_id: str
    kind: LocationKind
    name: str
    region: str
    gln: str
    time_zone: str
    ships: bool
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Customer:
    """A buyer."""

    customer_id: str
    contact: Contact | None

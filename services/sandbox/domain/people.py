"""Names and addresses for customers that the data sets know only by a number; all of them invented."""

from dataclasses import dataclass

from services.sandbox.domain.dice import Dice

GIVEN = ("Ada", "Ben", "Carla", "Dev", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kim", "Lena")
FAMILY = ("Abbott", "Baker", "Costa", "Diaz", "Evans", "Fischer", "Grant", "Hughes", "Jensen", "Keller")
STREETS = ("Maple", "Oak", "Chestnut", "Mill", "Church", "Station", "Park", "River", "Hill", "Lake")
TOWNS = ("Fairview", "Greenfield", "Ashton", "Milford", "Oakdale", "Riverton", "Kingsport", "Lakewood")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address. ``country_code`` and ``state`` are empty where the source names no country."""

    street: str
    city: str
    postal_code: str
    state: str
    country_code: str
    country: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """``number`` is the storefront's 64-bit id, ``card`` the loyalty card shown at tills."""

    customer_id: str
    number: int
    given_name: str
    family_name: str
    email: str
    phone: str
    card: str
    address: Address

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


def person_of(dice: Dice, customer_id: str, region: str, country: str) -> Person:
    """The same person for the same number and seed. ``region`` is ISO 3166-2 or a country code."""
    given, family = dice.one_of(GIVEN, "given", customer_id), dice.one_of(FAMILY, "family", customer_id)
    return Person(
        customer_id=customer_id,
        number=dice.identity("customer", customer_id),
        given_name=given,
        family_name=family,
        email=f"{given}.{family}.{customer_id}@example.com".lower(),
        phone=f"+1555{dice.number('phone', customer_id, below=10**7):07d}",
        card=f"T{int(customer_id):09d}",
        address=address_of(dice, customer_id, region, country),
    )


def address_of(dice: Dice, about: str, region: str, country: str) -> Address:
    code, _, state = region.partition("-")
    return Address(
        street=f"{1 + dice.number('house', about, below=400)} {dice.one_of(STREETS, 'street', about)} Street",
        city=dice.one_of(TOWNS, "town", about),
        postal_code=f"{10_000 + dice.number('postcode', about, below=80_000)}",
        state=state,
        country_code=code,
        country=country,
    )

"""Names of products in other numberings, brought to one form so that two spellings of a name are one name."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from services.master_data.domain.refusals import IdentifierMalformed

GTIN_DIGITS = 14
# Printed forms such as ISBN group the digits.
GTIN_SEPARATORS = str.maketrans("", "", " -")


class Scheme(StrEnum):
    """Whose numbering an identifier follows; the value is what the database holds."""

    GTIN = "gtin"
    SHOPIFY_VARIANT = "shopify_variant"
    TILL_PLU = "till_plu"
    ERP_ITEM = "erp_item"
    SKU = "sku"


@dataclass(frozen=True, slots=True, order=True)
class Identifier:
    """One name of a product, as that numbering's system writes it."""

    scheme: Scheme
    value: str


class IdentifierKey(NamedTuple):
    """The normal form: two identifiers are the same name exactly when their keys are equal."""

    scheme: Scheme
    key: str


def key_of(identifier: Identifier) -> IdentifierKey | None:
    """The normal form, or None when the value cannot be one of its scheme.

    A GTIN loses separators and leading zeros: the same article is written as GTIN-8, -12, -13 and -14
    (GS1 General Specifications 3.3), and tills pad produce codes to 14 digits. Its check digit is not
    looked at, since tills put their own numbers in the same field. Other schemes are only trimmed.
    """
    value = identifier.value.strip()
    if identifier.scheme is Scheme.GTIN:
        value = value.translate(GTIN_SEPARATORS)
        if not (value.isascii() and value.isdigit()):
            return None
        value = value.lstrip("0")
        if len(value) > GTIN_DIGITS:
            return None
    return IdentifierKey(identifier.scheme, value) if value else None


def keys_of_product(sku: str, identifiers: tuple[Identifier, ...]) -> dict[IdentifierKey, Identifier]:
    """Each name of the product once, its own SKU first. Raises `IdentifierMalformed`."""
    own = Identifier(Scheme.SKU, sku)
    names: dict[IdentifierKey, Identifier] = {}
    for identifier in (own, *identifiers):
        key = key_of(identifier)
        if key is None or (key.scheme is Scheme.SKU and key.key != sku):
            raise IdentifierMalformed(
                f"{identifier.value!r} is no {identifier.scheme} of {sku}",
                scheme=identifier.scheme,
                identifier=identifier.value,
                sku=sku,
            )
        names.setdefault(key, identifier)
    return names

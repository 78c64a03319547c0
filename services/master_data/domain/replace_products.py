"""Decides what a batch of products changes: a pure function of what is known and what is wanted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.master_data.domain.catalogue import Product
from services.master_data.domain.identifiers import Identifier, IdentifierKey, Scheme, keys_of_product
from services.master_data.domain.recorded import Recorded
from services.master_data.domain.refusals import IdentifierTaken

Names = Mapping[IdentifierKey, Identifier]


@dataclass(frozen=True, slots=True)
class Claim:
    """A name that a product is to have, with its value as written."""

    key: IdentifierKey
    value: str
    sku: str


@dataclass(frozen=True, slots=True)
class Replacement:
    """The products that are new or differ, and what becomes of their names."""

    products: Sequence[Recorded[Product]]
    released: Sequence[IdentifierKey]
    """To be removed before anything is claimed: one product may take over what another gives up."""
    claimed: Sequence[Claim]


def names_of(products: Iterable[Product]) -> dict[str, Names]:
    """The names of each product by SKU. Raises `IdentifierMalformed`."""
    return {product.sku: keys_of_product(product.sku, product.identifiers) for product in products}


def replace_products(
    known: Mapping[str, Recorded[Product]],
    holders: Mapping[IdentifierKey, str],
    wanted: Sequence[Product],
    now: datetime,
) -> Replacement:
    """Compare ``wanted`` (each SKU once) with the ``known`` products of the same SKUs.

    ``holders`` says which SKU has each name that the wanted products claim; a name without a holder is free.
    Raises `IdentifierTaken` when a name belongs to a product outside the batch or is claimed twice inside it.
    """
    names = names_of(wanted)
    refuse_taken(names, holders)
    products, released, claimed = [], [], []
    for product in wanted:
        new = names[product.sku]
        old = known.get(product.sku)
        successor = canonical(product, new)
        if old and old.value == successor:
            continue
        had = keys_of_product(product.sku, old.value.identifiers) if old else {}
        products.append(Recorded(successor, old.version + 1 if old else 1, now))
        released += [key for key, _ in had.items() - new.items()]
        claimed += [Claim(key, name.value, product.sku) for key, name in new.items() - had.items()]
    return Replacement(products, sorted(released), sorted(claimed, key=lambda claim: claim.key))


def canonical(product: Product, names: Names) -> Product:
    """The product with each other name once, in a fixed order, so that equal means the same."""
    others = (name for key, name in names.items() if key.scheme is not Scheme.SKU)
    return replace(product, identifiers=tuple(sorted(others)))


def refuse_taken(names: Mapping[str, Names], holders: Mapping[IdentifierKey, str]) -> None:
    claimants: dict[IdentifierKey, str] = {}
    for sku, claims in names.items():
        for key, name in claims.items():
            # A holder inside the batch is judged by what it claims there, not by what it has.
            holder = holders.get(key, sku)
            holder = claimants.setdefault(key, sku) if holder in names else holder
            if holder != sku:
                raise IdentifierTaken(
                    f"{name.scheme} {name.value!r} of {sku} names {holder}",
                    scheme=name.scheme,
                    identifier=name.value,
                    sku=sku,
                    holder=holder,
                )

"""Where everything that happened outside is now: in the mesh, in quarantine for a person, or nowhere.

Storefront, tills and back office tell what is true in the end; reconciliation cannot ask them for all of it,
such as refunds of orders that were placed before the day.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from libs.money import Money
from libs.protos import money_from_proto
from retailmesh.inventory.v1 import stock_pb2
from retailmesh.order.v1 import order_pb2
from services.cli.demo.books import Books
from services.cli.demo.outside import Outside

Json = Mapping[str, Any]
Amounts = Mapping[str, str]
"""What a fact comes to, as text, by the fact's name."""


@dataclass(frozen=True, slots=True)
class Fact:
    """``document`` is the message that told of it, by which quarantine knows it."""

    name: str
    amount: str
    document: str


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """``lost`` names the facts that the mesh has nowhere, or with another amount."""

    told: int
    known: int
    set_aside: int
    lost: tuple[str, ...]


def whereabouts(facts: Iterable[Fact], known: Amounts, set_aside: frozenset[str]) -> Whereabouts:
    told = list(facts)
    missing = [fact for fact in told if known.get(fact.name) != fact.amount]
    kept = [fact for fact in missing if fact.document in set_aside]
    lost = tuple(fact.name for fact in missing if fact.document not in set_aside)
    return Whereabouts(len(told), len(told) - len(missing), len(kept), lost)


async def find_facts(outside: Outside, books: Books) -> dict[str, Whereabouts]:
    """All that happened, by what it is."""
    orders = [row async for row in _rows(outside, "orders")]
    unmatched = [row async for row in _rows(outside, "unmatched-refunds")]
    receipts = [row async for row in _rows(outside, "receipts")]
    corrections = [row async for row in _rows(outside, "corrections")]
    known = order_amounts(books)
    linked, unlinked = return_amounts(books.returns), return_amounts(books.unlinked_returns)
    groups: dict[str, tuple[Iterable[Fact], Amounts]] = {
        "storefront orders": (map(storefront_fact, orders), known),
        "refunds of them": ((refund_fact(refund) for row in orders for refund in row["refunds"]), linked),
        "refunds of older orders": (map(refund_fact, unmatched), unlinked),
        "till sales": (map(sale_fact, of_type(receipts, "sale")), known),
        "goods brought back to stores": (map(return_fact, of_type(receipts, "return")), linked | unlinked),
        "stock found or written off": (map(correction_fact, corrections), corrected(books)),
    }
    return {name: whereabouts(facts, amounts, books.set_aside) for name, (facts, amounts) in groups.items()}


async def _rows(outside: Outside, part: str) -> AsyncIterator[Json]:
    async for page in outside.truth(part):
        for row in page:
            yield row


def of_type(rows: Iterable[Json], kind: str) -> list[Json]:
    return [row for row in rows if row["type"] == kind]


# ---- what the outside world tells


def storefront_fact(row: Json) -> Fact:
    return Fact(row["order_id"], amount(row, "total"), row["order_id"])


def refund_fact(row: Json) -> Fact:
    return Fact(row["refund_id"], amount(row, "total"), row["order_id"])


def sale_fact(row: Json) -> Fact:
    return Fact(receipt(row), amount(row, "total"), document(row))


def return_fact(row: Json) -> Fact:
    paid_out = -Money.parse(row["total"], row["currency"])
    return Fact(receipt(row), str(paid_out), document(row))


def correction_fact(row: Json) -> Fact:
    return Fact(row["document"], f"{row['quantity_milli']} of {row['sku']}", document(row))


def amount(row: Json, field: str) -> str:
    return str(Money.parse(row[field], row["currency"]))


def receipt(row: Json) -> str:
    return f"{row['workstation']}-{row['business_date']}-{row['sequence']}"


def document(row: Json) -> str:
    return f"{row['store']}/{row['workstation']}/{row['business_date']}/{row['sequence']}"


# ---- what the mesh has of it


def order_amounts(books: Books) -> Amounts:
    """By the sources' own numbers: orders of one storefront, receipts of tills with chain-wide numbers."""
    return {it.channel_order_id: str(money_from_proto(it.total)) for it in books.orders}


def return_amounts(returns: Iterable[order_pb2.Return]) -> dict[str, str]:
    """A return of several places or receipts has parts, whose ids end in ``@`` or ``#`` and what they are."""
    sums: dict[str, Money] = {}
    for it in returns:
        name, given = it.return_id.partition("@")[0].partition("#")[0], money_from_proto(it.amount)
        sums[name] = sums[name] + given if name in sums else given
    return {name: str(total) for name, total in sums.items()}


def corrected(books: Books) -> Amounts:
    """What back offices moved, by their document; what the ledger did not know of before counts as well."""
    sums: Counter[tuple[str, str]] = Counter()
    for it in books.movements:
        if it.cause == stock_pb2.MOVEMENT_CAUSE_ADJUSTMENT:
            found = it.to_bucket == stock_pb2.STOCK_BUCKET_ON_HAND
            sums[it.source_reference, it.sku] += it.quantity.milli if found else -it.quantity.milli
    return {reference: f"{milli} of {sku}" for (reference, sku), milli in sums.items()}

"""Facts as Tryton's sales, and what a sale needs next; nothing here talks to anybody.

Tryton computes totals from quantities, prices and its own taxes. Ours are facts already, so products carry no
taxes and every line's price is what makes its amount come out to the cent. Contained tax is taken off by a
line; all tax is set on the invoice itself, which books it on the tax account and makes the total the fact's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum
from typing import Any

from libs.money import MICROS, Money
from services.erp_gateway.adapters.tryton_rpc import Seed, date_value, decimal_of, decimal_value
from services.erp_gateway.application.ports import StepRefused
from services.erp_gateway.domain.facts import Fact, FactLine

CENT = Decimal("0.01")
PRICE_UNIT = Decimal("0.0001")
"""The finest price that Tryton takes."""
ONE = Decimal(1)
THOUSANDTH = Decimal("0.001")
LONGEST_TITLE = 200
BOOKED = ("posted", "paid")

SALE_FIELDS = (
    "state",
    "total_amount",
    "invoices.state",
    "invoices.total_amount",
    "invoices.tax_amount",
    "invoices.amount_to_pay",
    "invoices.taxes",
)


class Move(Enum):
    """What a sale needs next on its way to a booked invoice."""

    ADJUST = "adjust"
    QUOTE = "quote"
    CONFIRM = "confirm"
    PROCESS = "process"
    SET_TAX = "set tax"
    POST = "post"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Product:
    """A product of the ERP and the unit it is sold in there."""

    product_id: int
    unit: int


@dataclass(frozen=True, slots=True)
class Invoice:
    invoice_id: int
    state: str
    total: Decimal
    tax: Decimal
    to_pay: Decimal
    taxes: Sequence[int]


@dataclass(frozen=True, slots=True)
class Sale:
    sale_id: int
    state: str
    total: Decimal
    invoice: Invoice | None


def sale_of(row: Mapping[str, Any]) -> Sale:
    """The sale with its invoice; one that was called off does not count."""
    invoices = [invoice_of(it) for it in row["invoices."] if it["state"] != "cancelled"]
    return Sale(row["id"], row["state"], decimal_of(row["total_amount"]), invoices[0] if invoices else None)


def invoice_of(row: Mapping[str, Any]) -> Invoice:
    return Invoice(
        invoice_id=row["id"],
        state=row["state"],
        total=decimal_of(row["total_amount"]),
        tax=decimal_of(row["tax_amount"]),
        to_pay=decimal_of(row["amount_to_pay"]),
        taxes=row["taxes"],
    )


def next_move(sale: Sale, fact: Fact) -> Move:
    """Raises `StepRefused` where a person has called the sale off, or changed its invoice."""
    if sale.state == "draft":
        return Move.QUOTE if sale.total == sale_total(fact) else Move.ADJUST
    if sale.state in BEFORE_INVOICE:
        return BEFORE_INVOICE[sale.state]
    if sale.state == "cancelled" or sale.invoice is None:
        raise StepRefused(f"the sale is {sale.state} and has no invoice")
    if sale.invoice.state in BOOKED:
        return Move.NOTHING
    if sale.invoice.total == decimal(fact.amount):
        return Move.POST
    if sale.invoice.tax == decimal(fact.tax):
        raise StepRefused(f"the invoice is over {sale.invoice.total}, not {decimal(fact.amount)}")
    return Move.SET_TAX


BEFORE_INVOICE = {"quotation": Move.CONFIRM, "confirmed": Move.PROCESS}


def sale_total(fact: Fact) -> Decimal:
    """What the lines sum to; the tax comes with the invoice."""
    return decimal(fact.amount - fact.tax)


def sale_values(
    fact: Fact, seed: Seed, party: str, products: Mapping[str, Product], origin: str
) -> dict[str, Any]:
    """``party`` is the document of the customer's step: party and address. Raises `StepRefused`."""
    if fact.amount.currency not in seed.currencies:
        raise StepRefused(f"the ERP does not keep {fact.amount.currency}")
    party_id, address_id = map(int, party.split("/"))
    return {
        "company": seed.company,
        "party": party_id,
        "invoice_address": address_id,
        "shipment_address": address_id,
        "currency": seed.currencies[fact.amount.currency],
        "warehouse": seed.warehouse,
        "payment_term": seed.payment_term,
        "web_shop": seed.web_shop,
        "web_id": fact.external_key,
        "reference": fact.reference,
        "sale_date": date_value(fact.happened_at.date()),
        "origin": origin or None,
        "invoice_method": "order",
        # Goods move by the mesh's own ledger.
        "shipment_method": "manual",
        "lines": [["create", [line_values(it, products) for it in lines_of(fact)]]],
    }


def lines_of(fact: Fact) -> list[FactLine]:
    """The fact's lines, less the tax that they contain."""
    if not (fact.tax and fact.tax_included):
        return list(fact.lines)
    contained = FactLine("tax", "", "Tax contained in the prices", 1000, abs(fact.tax), -fact.tax)
    return [*fact.lines, contained]


def line_values(line: FactLine, products: Mapping[str, Product]) -> dict[str, Any]:
    quantity, price = quantity_and_price(line)
    product = products[line.sku] if line.sku else None
    return {
        "type": "line",
        "product": product and product.product_id,
        "unit": product and product.unit,
        # Tryton takes quantities as floats alone; three decimals come through unharmed.
        "quantity": float(quantity),
        "unit_price": decimal_value(price),
        "description": title_of(line, quantity),
    }


def title_of(line: FactLine, quantity: Decimal) -> str:
    title = line.title[:LONGEST_TITLE]
    sold = Decimal(line.milli) * THOUSANDTH
    return title if abs(quantity) == sold else f"{title} ({sold.normalize():f})"


def quantity_and_price(line: FactLine) -> tuple[Decimal, Decimal]:
    """Quantity and price whose product is the line's amount to the cent.

    Money given back is a negative quantity at a positive price. Where no price of four decimals makes the
    amount, it is one piece at that price.
    """
    amount, quantity = decimal(line.amount), Decimal(line.milli) * THOUSANDTH
    if line.sku and quantity and amount:
        price = (abs(amount) / quantity).quantize(PRICE_UNIT, ROUND_HALF_EVEN)
        if (price * quantity).quantize(CENT, ROUND_HALF_EVEN) == abs(amount):
            return quantity.copy_sign(amount), price
    return ONE.copy_sign(amount), abs(amount)


def rounding_values(difference: Decimal) -> dict[str, Any]:
    return {
        "type": "line",
        "quantity": 1.0,
        "unit_price": decimal_value(difference),
        "description": "Rounding",
    }


def tax_values(invoice: Invoice, fact: Fact, seed: Seed) -> list[Any]:
    """The invoice's one tax, in place of whatever tax it has."""
    tax = {
        "description": "Tax",
        "account": seed.tax_account,
        "manual": True,
        "base": decimal_value(sale_total(fact)),
        "amount": decimal_value(decimal(fact.tax)),
    }
    return [["delete", list(invoice.taxes)], ["create", [tax]]]


def template_values(sku: str, title: str, seed: Seed) -> dict[str, Any]:
    """A product without price and taxes, which come with each sale; a service, since goods move elsewhere."""
    return {
        "name": title[:LONGEST_TITLE] or sku,
        "code": sku,
        "type": "service",
        "default_uom": seed.unit,
        "sale_uom": seed.unit,
        "salable": True,
        "list_price": decimal_value(Decimal(0)),
        "account_category": seed.category,
        "products": [["create", [{}]]],
    }


def titles_of(fact: Fact) -> dict[str, str]:
    """The products of a fact with what the order calls them."""
    return {line.sku: line.title for line in fact.lines if line.sku}


def amounts_by_means(fact: Fact) -> dict[str, Decimal]:
    """Change given back goes off what was paid in the same means."""
    sums: dict[str, Decimal] = {}
    for payment in fact.payments:
        sums[payment.means] = sums.get(payment.means, Decimal(0)) + decimal(payment.amount)
    return {means: amount for means, amount in sums.items() if amount}


def payable(amount: Decimal, to_pay: Decimal) -> Decimal:
    """No more than is owed: Tryton refuses to book more on the invoice."""
    nothing = Decimal(0)
    return max(min(amount, to_pay), nothing) if to_pay > 0 else min(max(amount, to_pay), nothing)


def decimal(amount: Money) -> Decimal:
    return Decimal(amount.micros) / MICROS


def money(amount: Decimal, currency: str) -> Money:
    return Money(currency, int(amount * MICROS))

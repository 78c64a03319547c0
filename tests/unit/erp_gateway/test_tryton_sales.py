"""Facts as Tryton's sales: amounts to the cent, and one way from draft to a booked invoice."""

from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.erp_gateway.adapters.tryton_rpc import Seed
from services.erp_gateway.adapters.tryton_sales import (
    CENT,
    Invoice,
    Move,
    Product,
    Sale,
    amounts_by_means,
    decimal,
    line_values,
    lines_of,
    next_move,
    payable,
    quantity_and_price,
    sale_total,
    sale_values,
    tax_values,
)
from services.erp_gateway.application.ports import StepRefused
from services.erp_gateway.domain.facts import FactLine, FactPayment
from tests.builders.erp_facts import a_credit_note, a_sale, usd

SEED = Seed(
    database="tryton",
    user="retailmesh",
    password="hush",
    company=1,
    currencies={"USD": 1},
    payment_term=10,
    payment_methods={"card": 2},
    tax_account=132,
    warehouse=5,
    unit=36,
    category=1,
    web_shop=1,
)


def a_line(cents, milli=1000, sku="SKU-1"):
    return FactLine("L1", sku, "Article", milli, usd(abs(cents)), usd(cents))


@given(st.integers(-10_000_000, 10_000_000), st.integers(0, 1_000_000))
@settings(deadline=None)
def test_quantity_times_price_is_the_amount_to_the_cent(cents, milli):
    quantity, price = quantity_and_price(a_line(cents, milli))
    assert (quantity * price).quantize(CENT, ROUND_HALF_EVEN) == decimal(usd(cents))
    assert price == price.quantize(Decimal("0.0001"))
    assert quantity == quantity.quantize(Decimal("0.001"))


@pytest.mark.parametrize(
    ("cents", "milli", "quantity", "price"),
    [
        (2997, 3000, "3", "9.99"),
        (1000, 3000, "3", "3.3333"),
        (3127, 12347, "12.347", "2.5326"),
        (-2000, 2000, "-2", "10"),
        (0, 2000, "1", "0"),
        (100_000_001, 999_999, "1", "1000000.01"),
    ],
)
def test_the_quantity_is_what_was_sold_where_a_price_makes_the_amount(cents, milli, quantity, price):
    found = quantity_and_price(a_line(cents, milli))
    assert found == (Decimal(quantity), Decimal(price))


def test_a_line_that_is_written_as_one_piece_tells_what_was_sold():
    values = line_values(a_line(100_000_001, 999_999), {"SKU-1": Product(7, 36)})
    assert (values["quantity"], values["description"]) == (1.0, "Article (999.999)")


def test_what_is_no_product_is_a_line_without_one():
    values = line_values(a_line(-5, sku=""), {})
    assert (values["product"], values["unit"], values["quantity"]) == (None, None, -1.0)


@pytest.mark.parametrize(
    "fact", [a_sale(3000), a_sale(3000, tax_included=False, amount=usd(3200)), a_credit_note()]
)
def test_lines_and_tax_make_the_amount(fact):
    lines = sum(decimal(line.amount) for line in lines_of(fact))
    assert lines == sale_total(fact)
    assert lines + decimal(fact.tax) == decimal(fact.amount)


def a_state(state, total=None, invoice=None):
    return Sale(1, state, sale_total(a_sale()) if total is None else total, invoice)


def an_invoice(state, total="30.00", tax="2.00"):
    return Invoice(5, state, Decimal(total), Decimal(tax), to_pay=Decimal(0), taxes=[8])


@pytest.mark.parametrize(
    ("sale", "move"),
    [
        (a_state("draft", Decimal("27.99")), Move.ADJUST),
        (a_state("draft"), Move.QUOTE),
        (a_state("quotation"), Move.CONFIRM),
        (a_state("confirmed"), Move.PROCESS),
        (a_state("processing", invoice=an_invoice("draft", "28.00", "0")), Move.SET_TAX),
        (a_state("processing", invoice=an_invoice("draft")), Move.POST),
        (a_state("processing", invoice=an_invoice("validated")), Move.POST),
        (a_state("processing", invoice=an_invoice("posted")), Move.NOTHING),
        (a_state("done", invoice=an_invoice("paid")), Move.NOTHING),
    ],
)
def test_each_state_of_a_sale_asks_for_one_move(sale, move):
    assert next_move(sale, a_sale()) is move


@pytest.mark.parametrize(
    "sale",
    [
        a_state("cancelled"),
        a_state("processing"),
        a_state("done"),
        a_state("processing", invoice=an_invoice("draft", "29.00")),
    ],
)
def test_a_sale_that_a_person_called_off_or_changed_needs_a_person(sale):
    with pytest.raises(StepRefused):
        next_move(sale, a_sale())


def test_the_invoice_has_one_tax_however_often_it_is_set():
    deletion, creation = tax_values(an_invoice("draft"), a_sale(3000), SEED)
    assert deletion == ["delete", [8]]
    ((_, (tax,)),) = [creation]
    assert (tax["account"], tax["amount"]["decimal"]) == (132, "2")


def test_a_credit_note_is_a_sale_of_negative_quantities_with_its_origin():
    values = sale_values(a_credit_note(), SEED, "4/6", {"SKU-1": Product(7, 36)}, "sale.sale,2")
    ((_, lines),) = values["lines"]
    assert [(line["quantity"], line["unit_price"]["decimal"]) for line in lines] == [
        (-1.0, "10.0000"),
        (1.0, "0.66"),
    ]
    assert (values["origin"], values["party"], values["invoice_address"]) == ("sale.sale,2", 4, 6)


def test_a_currency_that_the_erp_does_not_keep_needs_a_person():
    with pytest.raises(StepRefused, match="USD"):
        sale_values(a_sale(), SEED.model_copy(update={"currencies": {}}), "4/6", {}, "")


def test_change_goes_off_what_was_paid_in_the_same_means():
    payments = [FactPayment("1", "cash", usd(4000)), FactPayment("2", "card", usd(500))]
    paid = replace(a_sale(), payments=[*payments, FactPayment("3", "cash", usd(-1500))])
    assert amounts_by_means(paid) == {"cash": Decimal(25), "card": Decimal(5)}


@pytest.mark.parametrize(
    ("amount", "to_pay", "booked"),
    [("10", "30", "10"), ("40", "30", "30"), ("-10", "-30", "-10"), ("-40", "-30", "-30"), ("5", "0", "0")],
)
def test_no_more_is_paid_than_is_owed(amount, to_pay, booked):
    if to_pay == "0":
        assert payable(Decimal(amount), Decimal(to_pay)) >= 0
    else:
        assert payable(Decimal(amount), Decimal(to_pay)) == Decimal(booked)

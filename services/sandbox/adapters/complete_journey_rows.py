"""Rows of the Complete Journey data set as baskets; `complete_journey` tells what becomes of oddities."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from libs.money import split_by_weight
from services.sandbox.adapters.complete_journey_catalogue import PREPAID, Row, is_fuel, tax_rate, title_of
from services.sandbox.domain.amounts import CENT, measure_price, nearest, piece_price
from services.sandbox.domain.trade import Basket, Line, Reduction, ReductionKind, Unit

TIME_ZONE = "America/New_York"
LITRES_OF_A_GALLON = (3_785_411_784, 1_000_000_000)


def basket_of(rows: Sequence[Row], facts: Mapping[int, Row], noted: Counter[str]) -> Basket:
    first = rows[0]
    lines: list[Line] = []
    basket_wide = 0
    for position, row in enumerate(rows, start=1):
        coupon = micros(row["coupon_disc"])
        if row["quantity"] == 0:
            noted["basket coupons" if coupon else "voided positions"] += 1
            basket_wide += coupon
        else:
            line, excess = line_of(position, row, facts.get(row["product_id"]))
            basket_wide += excess
            noted["lines of unknown products"] += row["product_id"] not in facts
            lines.append(line)
    if not lines:
        noted["baskets without a sale"] += 1
    return Basket(
        basket_id=str(first["basket_id"]),
        at=first["transaction_timestamp"].replace(tzinfo=ZoneInfo(TIME_ZONE)),
        customer_id=str(first["household_id"]),
        lines=spread(lines, basket_wide),
        store=str(first["store_id"]),
        country="United States",
        country_code="US",
    )


def line_of(position: int, row: Row, facts: Row | None) -> tuple[Line, int]:
    """The line, and the part of its coupon that it is too cheap for."""
    retail, match = micros(row["retail_disc"]), micros(row["coupon_match_disc"])
    received, coupon = micros(row["sales_value"]), micros(row["coupon_disc"])
    gross = received + retail + match
    sku, unit, quantity = measured(row, facts)
    if unit is Unit.LITRE:
        price = measure_price(gross, quantity)
    else:
        price = piece_price(gross, row["quantity"])
        # Three for 5.00 are three at 1.67, and one cent of the chain's own.
        retail += price * row["quantity"] - gross
        gross = price * row["quantity"]
    reductions = [
        Reduction(ReductionKind.RETAIL, retail),
        Reduction(ReductionKind.COUPON, min(coupon, received)),
        Reduction(ReductionKind.COUPON_MATCH, match),
    ]
    line = Line(
        position=position,
        sku=sku,
        title=title_of(row["product_id"], facts),
        quantity_milli=quantity,
        unit_price=price,
        gross=gross,
        tax_rate=tax_rate(facts),
        unit=unit,
        reductions=tuple(reduction for reduction in reductions if reduction.micros),
    )
    return line, max(0, coupon - received)


def micros(amount: float) -> int:
    """The file holds binary fractions of whole cents; from here on it is cents."""
    return round(amount * 100) * CENT


def measured(row: Row, facts: Row | None) -> tuple[str, Unit, int]:
    """SKU, unit and thousandths of it."""
    sku = str(row["product_id"])
    if not is_fuel(facts):
        return sku, Unit.PIECE, row["quantity"] * 1000
    if row["quantity"] < 100:
        return sku + PREPAID, Unit.PIECE, row["quantity"] * 1000
    litres, gallons = LITRES_OF_A_GALLON
    return sku, Unit.LITRE, nearest(row["quantity"] * litres, gallons)


def spread(lines: Sequence[Line], coupon: int) -> tuple[Line, ...]:
    """Takes a coupon off the basket, in proportion to what each line costs; never more than they cost."""
    costs = [line.net // CENT for line in lines]
    coupon = min(coupon // CENT, sum(costs))
    if coupon <= 0:
        return tuple(lines)
    shares = split_by_weight(coupon, costs)
    return tuple(
        replace(
            line,
            reductions=(*line.reductions, Reduction(ReductionKind.COUPON, share * CENT, basket_wide=True)),
        )
        if share
        else line
        for line, share in zip(lines, shares, strict=True)
    )

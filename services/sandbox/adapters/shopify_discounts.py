"""Discounts as Shopify writes them: applications of the order, which the lines' allocations refer to."""

from services.sandbox.adapters.shopify_values import Fields, amount, both
from services.sandbox.domain.orders import Order
from services.sandbox.domain.trade import Reduction, ReductionKind

TYPES = {
    ReductionKind.RETAIL: "automatic",
    ReductionKind.COUPON: "discount_code",
    ReductionKind.COUPON_MATCH: "manual",
}
"""A discount is named by its promotion's id: in ``code`` when the buyer typed it, in ``title`` otherwise."""


def reductions(order: Order) -> list[tuple[ReductionKind, bool]]:
    """The discounts of an order, in the order in which allocations refer to them."""
    found = [
        (reduction.kind, reduction.basket_wide) for line in order.lines for reduction in line.line.reductions
    ]
    return list(dict.fromkeys(found))


def discount_applications(order: Order) -> list[Fields]:
    return [application(order, kind, wide) for kind, wide in reductions(order)]


def application(order: Order, kind: ReductionKind, wide: bool) -> Fields:
    typed = TYPES[kind] == "discount_code"
    named = {"code": kind.name} if typed else {"title": kind.name, "description": kind.name}
    return {
        "target_type": "line_item",
        "type": TYPES[kind],
        "value": amount(reduced(order, kind, wide), order.currency),
        "value_type": "fixed_amount",
        "allocation_method": "across" if wide else "each",
        "target_selection": "all" if wide else "explicit",
        **named,
    }


def reduced(order: Order, kind: ReductionKind, wide: bool) -> int:
    return sum(
        reduction.micros
        for line in order.lines
        for reduction in line.line.reductions
        if (reduction.kind, reduction.basket_wide) == (kind, wide)
    )


def discount_codes(order: Order) -> list[Fields]:
    return [
        {
            "code": kind.name,
            "amount": amount(reduced(order, kind, wide), order.currency),
            "type": "fixed_amount",
        }
        for kind, wide in reductions(order)
        if TYPES[kind] == "discount_code"
    ]


def allocation(order: Order, reduction: Reduction) -> Fields:
    place = reductions(order).index((reduction.kind, reduction.basket_wide))
    return {
        "amount": amount(reduction.micros, order.currency),
        "amount_set": both(reduction.micros, order.currency, order.presentment),
        "discount_application_index": place,
    }

"""Small days of the outside world, and readers of what it sends."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from lxml import etree

from services.sandbox.adapters.deliveries import Senders
from services.sandbox.domain.amounts import extended
from services.sandbox.domain.dice import Dice
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.plan_day import plan_day
from services.sandbox.domain.trade import Basket, Dataset, Line, Product, Reduction, ReductionKind, Unit

ZONE = ZoneInfo("America/New_York")
DAY = date(2017, 12, 23)
NOON = datetime(2017, 12, 23, 12, tzinfo=ZONE)
SHOP = "retailmesh-test.myshopify.com"
DICE = Dice("builders")


def product(number=1, **given):
    fields = {
        "sku": f"SKU-{number}",
        "title": f"Article {number}",
        "category": "GROCERY / THINGS",
        "brand": "Own",
        "unit": Unit.PIECE,
        "stocked": True,
        "tax_class": "general",
        "price": 1_000_000 + number * 10_000,
        "gtin": f"20000000{number:05d}",
        "variant_id": DICE.identity("variant", number),
    }
    return Product(**{**fields, **given})


def line(position=1, number=1, pieces=1, reductions=(), **given):
    quantity = pieces * 1000
    fields = {
        "position": position,
        "sku": f"SKU-{number}",
        "title": f"Article {number}",
        "quantity_milli": quantity,
        "unit_price": 1_000_000 + number * 10_000,
        "tax_rate": 700 if number % 3 == 0 else 0,
        "reductions": tuple(reductions),
    }
    merged = {**fields, **given}
    gross = given.get("gross", extended(merged["unit_price"], merged["quantity_milli"]))
    return Line(**{**merged, "gross": gross})


def coupon(cents, *, basket_wide=False):
    return Reduction(ReductionKind.COUPON, cents * 10_000, basket_wide=basket_wide)


def loyalty(cents):
    return Reduction(ReductionKind.RETAIL, cents * 10_000)


def basket(number=1, lines=None, **given):
    """Basket ``number`` holds up to five lines; some are reduced, some positions are voided."""
    fields = {
        "basket_id": str(41_000_000_000 + number),
        "at": NOON + timedelta(minutes=number * 7 % 600, seconds=number % 60),
        "customer_id": str(1000 + number % 17),
        "lines": tuple(lines) if lines is not None else some_lines(number),
        "store": str(300 + number % 6),
        "country": "United States",
        "country_code": "US",
    }
    return Basket(**{**fields, **given})


def some_lines(number):
    lines = []
    for place in range(1, 2 + number % 5):
        reductions = [loyalty(20)] if place % 2 else []
        reductions += [coupon(30)] if (number + place) % 7 == 0 else []
        # Every seventh position was voided.
        position = place + (number + place) // 7 % 2
        lines.append(line(position + place, (number * 5 + place) % 40 + 1, 1 + place % 3, reductions))
    return tuple(lines)


def dataset(baskets=120, **given):
    rows = [basket(number) for number in range(1, baskets + 1)] if isinstance(baskets, int) else baskets
    products = {f"SKU-{number}": product(number) for number in range(1, 41)}
    fields = {
        "name": "small",
        "business_date": DAY,
        "currency": "USD",
        "country": "US",
        "time_zone": "America/New_York",
        "taxes_included": True,
        "online_only": False,
        "products": products,
        "baskets": tuple(rows),
    }
    return Dataset(**{**fields, **given})


def day(seed="test", data=None, **options):
    """A planned day; half of the baskets are storefront orders unless told otherwise."""
    wanted = PlanOptions(seed=seed, **{"storefront_share": 500, "stores_per_warehouse": 3, **options})
    return plan_day(data or dataset(), wanted)


SENDERS = Senders(
    shop=SHOP,
    webhooks_url="http://channel",
    shopify_secret="hush",
    tills_url="http://tills",
    till_secret="quiet",
)


def deliveries(planned):
    return [(message, SENDERS.delivery_of(planned, message)) for message in planned.messages]


def webhooks(planned, *kinds):
    """Readable Shopify bodies of these kinds, decimals exact, with their messages."""
    return [
        (message, json.loads(delivery.body, parse_float=Decimal))
        for message, delivery in deliveries(planned)
        if message.kind in kinds and message.defect != "truncated_body"
    ]


def till_files(planned):
    """Parsed POSLog documents that are well-formed and harmless, with their messages."""
    return [
        (message, etree.fromstring(delivery.body))
        for message, delivery in deliveries(planned)
        if message.kind == "till_file" and message.defect is None
    ]

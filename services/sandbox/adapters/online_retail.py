"""One day of the UCI Online Retail data set: a British wholesaler's invoice lines, from a gzipped CSV file.

What becomes of its peculiarities:

- An invoice ``C…`` cancels lines and names no original: a `Cancellation`, to be matched by the planner.
- An invoice without customer whose lines all cost nothing is no sale: each line is a `Correction` of stock,
  as is any other line of negative quantity.
- Codes that are no merchandise: carriage, charges and fees are products without stock; the others (``M``,
  ``D``, ``gift_…``, ``DCGS…``) are not in the catalogue. Codes keep the case they are written in; the
  catalogue's are upper-case.
- Prices are before tax. British customers pay value-added tax on top, at the rate of the day; others none.
- Prices of three decimals and prices of nothing stay as they are, and so do negative ones, with which the
  bookkeeper wrote off bad debts as if they were orders.
"""

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from libs.money import Money
from services.sandbox.domain.amounts import extended
from services.sandbox.domain.dice import Dice
from services.sandbox.domain.refusals import Malformed, Unknown
from services.sandbox.domain.trade import Basket, Cancellation, Correction, Dataset, Line, Product, Unit

NAME = "online-retail"
CURRENCY = "GBP"
TIME_ZONE = "Europe/London"
CATALOGUE = Dice(NAME)
HOME = "United Kingdom"
MERCHANDISE = re.compile(r"\d{5}[A-Za-z]{0,2}")
SERVICES = frozenset({"POST", "DOT", "C2", "BANK CHARGES", "AMAZONFEE", "CRUK"})
VAT_RISES = date(2011, 1, 4)
COUNTRY_CODES = {
    "United Kingdom": "GB", "Germany": "DE", "France": "FR", "EIRE": "IE", "Spain": "ES",
    "Netherlands": "NL", "Belgium": "BE", "Switzerland": "CH", "Portugal": "PT", "Australia": "AU",
    "Norway": "NO", "Italy": "IT", "Finland": "FI", "Cyprus": "CY", "Sweden": "SE", "Austria": "AT",
    "Denmark": "DK", "Japan": "JP", "Poland": "PL", "Israel": "IL", "USA": "US", "Hong Kong": "HK",
    "Singapore": "SG", "Iceland": "IS", "Canada": "CA", "Greece": "GR", "Malta": "MT", "RSA": "ZA",
    "United Arab Emirates": "AE", "Lebanon": "LB", "Lithuania": "LT", "Brazil": "BR", "Bahrain": "BH",
    "Czech Republic": "CZ", "Saudi Arabia": "SA",
}  # fmt: skip
"""ISO 3166 codes; ``Channel Islands``, ``European Community`` and ``Unspecified`` have none."""

COLUMNS = {
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
}

Row = Mapping[str, str]
T = TypeVar("T", int, str)


class DayMissing(Unknown):
    """There is no such file, or it holds no line of that day."""


class NotTheFile(Malformed):
    """It is no gzipped CSV file, or has other columns."""


def read_online_retail(path: Path, day: date | None = None) -> Dataset:
    """The invoices of ``day`` (default: the day with most lines); the file is streamed, never held.

    Raises `DayMissing`, `NotTheFile`.
    """
    if not path.is_file():
        raise DayMissing(f"{path}: no such file", "file")
    day = day or busiest_day(path)
    rows = [row for row in lines_of(path) if row["InvoiceDate"].startswith(str(day))]
    if not rows:
        raise DayMissing(f"{path.name}: no line of {day}", "date")
    return dataset_of(rows, day)


def lines_of(path: Path) -> Iterator[Row]:
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
            rows = csv.DictReader(text)
            if not set(rows.fieldnames or ()) >= COLUMNS:
                raise NotTheFile(f"{path.name}: the columns of the UCI Online Retail data are needed", "file")
            yield from rows
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        raise NotTheFile(f"{path.name}: no gzipped CSV file in UTF-8", "file") from error


def busiest_day(path: Path) -> date:
    days = Counter(row["InvoiceDate"][:10] for row in lines_of(path))
    return date.fromisoformat(min(days, key=lambda day: (-days[day], day)))


def dataset_of(rows: Sequence[Row], day: date) -> Dataset:
    """``rows`` with the columns of the CSV file."""
    invoices: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        invoices[row["InvoiceNo"]].append(row)
    baskets: list[Basket] = []
    cancellations: list[Cancellation] = []
    corrections: list[Correction] = []
    for number, members in invoices.items():
        if number.startswith("C"):
            cancellations.append(cancellation_of(number, members))
            continue
        sold = [] if is_correction(members) else [row for row in members if int(row["Quantity"]) > 0]
        corrections += (
            correction_of(number, place, row) for place, row in enumerate(members) if row not in sold
        )
        if sold:
            baskets.append(basket_of(number, sold))
    return Dataset(
        name=NAME,
        business_date=day,
        currency=CURRENCY,
        country="GB",
        time_zone=TIME_ZONE,
        taxes_included=False,
        online_only=True,
        products=catalogue(rows),
        baskets=tuple(baskets),
        cancellations=tuple(sorted(cancellations, key=lambda document: document.at)),
        corrections=tuple(corrections),
        noted=noted(rows, invoices),
    )


def is_correction(rows: Sequence[Row]) -> bool:
    return all(not row["CustomerID"] and price_of(row) == 0 for row in rows)


def basket_of(number: str, rows: Sequence[Row]) -> Basket:
    country = rows[0]["Country"]
    return Basket(
        basket_id=number,
        at=min(instant(row) for row in rows),
        customer_id=customer_of(rows[0]),
        lines=tuple(line_of(position, row) for position, row in enumerate(rows, start=1)),
        country=country,
        country_code=COUNTRY_CODES.get(country, ""),
    )


def cancellation_of(number: str, rows: Sequence[Row]) -> Cancellation:
    return Cancellation(
        document_id=number,
        at=min(instant(row) for row in rows),
        customer_id=customer_of(rows[0]),
        lines=tuple(line_of(position, row) for position, row in enumerate(rows, start=1)),
    )


def correction_of(number: str, place: int, row: Row) -> Correction:
    return Correction(
        document_id=f"{number}-{place + 1}",
        at=instant(row),
        sku=row["StockCode"],
        quantity_milli=int(row["Quantity"]) * 1000,
        reason=row["Description"].strip() or "unspecified",
    )


def line_of(position: int, row: Row) -> Line:
    quantity, price = abs(int(row["Quantity"])) * 1000, price_of(row)
    return Line(
        position=position,
        sku=row["StockCode"],
        title=row["Description"].strip() or row["StockCode"],
        quantity_milli=quantity,
        unit_price=price,
        gross=extended(price, quantity),
        tax_rate=vat_rate(row),
    )


def price_of(row: Row) -> int:
    return Money.parse(row["UnitPrice"], CURRENCY).micros


def vat_rate(row: Row) -> int:
    """Basis points of the British standard rate, which rose on 4 January 2011."""
    if row["Country"] != HOME:
        return 0
    return 1750 if date.fromisoformat(row["InvoiceDate"][:10]) < VAT_RISES else 2000


def instant(row: Row) -> datetime:
    return datetime.fromisoformat(row["InvoiceDate"]).replace(tzinfo=ZoneInfo(TIME_ZONE))


def customer_of(row: Row) -> str | None:
    """The file writes the number as a float: ``17850.0``."""
    return row["CustomerID"].partition(".")[0] or None


def catalogue(rows: Sequence[Row]) -> dict[str, Product]:
    """Merchandise and services of the day, each with the name and the price most often seen."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, Counter[int]] = defaultdict(Counter)
    for row in rows:
        code = row["StockCode"].upper()
        if MERCHANDISE.fullmatch(code) or code in SERVICES:
            names[code][row["Description"].strip()] += int(bool(row["Description"].strip()))
            prices[code][price_of(row)] += int(price_of(row) > 0)
    return {code: product_of(code, names[code], prices[code]) for code in sorted(names)}


def product_of(code: str, names: Counter[str], prices: Counter[int]) -> Product:
    stocked = code not in SERVICES
    return Product(
        sku=code,
        title=usual(names) or code,
        category="Gifts" if stocked else "Services",
        brand="",
        unit=Unit.PIECE,
        stocked=stocked,
        tax_class="standard",
        price=usual(prices),
        variant_id=CATALOGUE.identity("variant", code),
    )


def usual(seen: Counter[T]) -> T:
    return min(seen, key=lambda value: (-seen[value], value))


def noted(rows: Sequence[Row], invoices: Mapping[str, Sequence[Row]]) -> dict[str, int]:
    repeated = Counter(tuple(sorted(row.items())) for row in rows)
    return {
        "invoices of two instants": sum(
            len({row["InvoiceDate"] for row in members}) > 1 for members in invoices.values()
        ),
        "lines that repeat another": sum(times - 1 for times in repeated.values()),
        "lines without customer": sum(not row["CustomerID"] for row in rows),
        "lines that cost nothing": sum(price_of(row) == 0 for row in rows),
        "lines of a negative price": sum(price_of(row) < 0 for row in rows),
    }

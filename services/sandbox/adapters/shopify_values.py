"""Values as Shopify writes them: money as strings and in two currencies, instants with the shop's offset."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from libs.money import Money

CAD_OF_A_DOLLAR = (1274, 1000)
"""The presentment rate of the day; the buyer's currency is shown, never booked."""
BARE = "\x01"
"""No text of a data set holds a control character, so the mark stands for nothing else."""
MARKED = re.compile(r'"\\u0001(-?\d+(?:\.\d+)?)"')

Fields = dict[str, Any]


def amount(micros: int, currency: str) -> str:
    """Decimal text, with more than two decimals only where the source has them: ``12.50``, ``0.001``."""
    return Money(currency, micros).text()


def both(micros: int, currency: str, presentment: str = "") -> Fields:
    """A ``*_set`` block: the shop's money, and what the buyer saw."""
    numerator, denominator = CAD_OF_A_DOLLAR if presentment else (1, 1)
    shown = Money(presentment or currency, micros).times(numerator, denominator).rounded()
    return {
        "shop_money": {"amount": amount(micros, currency), "currency_code": currency},
        "presentment_money": {
            "amount": shown.text() if presentment else amount(micros, currency),
            "currency_code": shown.currency,
        },
    }


def number(decimal_text: str) -> str:
    """Marks a decimal that Shopify writes as a bare JSON number; `dump` removes the marks.

    A float would print some cents as 15 digits.
    """
    return BARE + decimal_text


def rate(basis_points: int) -> str:
    return number(f"{basis_points / 10_000:g}")


def stamp(at: datetime) -> str:
    """``2017-12-23T18:04:11-05:00``."""
    return at.replace(microsecond=0).isoformat()


def gid(kind: str, identity: int) -> str:
    return f"gid://shopify/{kind}/{identity}"


def dump(body: Mapping[str, Any]) -> bytes:
    """Compact JSON, as webhooks carry it; 64-bit ids keep all their digits."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return MARKED.sub(r"\1", text).encode()

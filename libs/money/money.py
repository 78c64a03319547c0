"""One amount in one currency, and the arithmetic that keeps it exact."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from libs.money.shares import split_by_weight

MICROS = 1_000_000
LARGEST_UNITS = 10**12
"""Amounts beyond this are a mistake, and below it micros fit a 64-bit column with room for sums."""

MINOR_DIGITS: dict[str, int] = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
"""ISO 4217 minor units that differ from two."""

CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
AMOUNT = re.compile(r"([+-]?)(\d{1,13})(?:\.(\d{1,}))?", re.ASCII)


class CurrenciesDiffer(ValueError):
    """Two amounts of different currencies met in one sum or comparison."""


class MalformedAmount(ValueError):
    """A text is not an amount of money, or is finer than a micro."""


@dataclass(frozen=True, slots=True)
class Money:
    """``micros`` millionths of one unit of ``currency`` (ISO 4217 code); may be negative."""

    currency: str
    micros: int

    def __post_init__(self) -> None:
        if not CURRENCY.fullmatch(self.currency):
            raise MalformedAmount(f"not a currency code: {self.currency!r}")

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(currency, 0)

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read plain decimal text such as ``-12.99``; no exponent, no grouping, at most six decimals.

        Trailing zeros beyond the sixth decimal are accepted, as some vendors pad. Raises `MalformedAmount`.
        """
        found = AMOUNT.fullmatch(text)
        if found is None:
            raise MalformedAmount(f"not a decimal amount: {text[:40]!r}")
        sign, units, decimals = found[1], found[2], (found[3] or "").rstrip("0")
        if len(decimals) > 6 or int(units) > LARGEST_UNITS:
            raise MalformedAmount(f"finer than a micro or too large: {text[:40]!r}")
        micros = int(units) * MICROS + int(decimals.ljust(6, "0"))
        return cls(currency, -micros if sign == "-" else micros)

    @classmethod
    def total(cls, amounts: Iterable[Self], currency: str) -> Self:
        """The sum of ``amounts``; zero of ``currency`` when there are none."""
        micros = 0
        for amount in amounts:
            if amount.currency != currency:
                raise CurrenciesDiffer(f"{amount.currency} among {currency}")
            micros += amount.micros
        return cls(currency, micros)

    @property
    def minor_unit(self) -> int:
        """Micros of the smallest coin: 10000 for a cent."""
        return int(MICROS // 10 ** MINOR_DIGITS.get(self.currency, 2))

    def text(self) -> str:
        """Decimal text with the currency's usual decimals, and more only where the amount needs them."""
        units, micros = divmod(abs(self.micros), MICROS)
        digits = MINOR_DIGITS.get(self.currency, 2)
        decimals = f"{micros:06d}".rstrip("0").ljust(digits, "0")
        sign = "-" if self.micros < 0 else ""
        return f"{sign}{units}.{decimals}" if decimals else f"{sign}{units}"

    def times(self, numerator: int, denominator: int = 1) -> Self:
        """This amount times a fraction, to the nearest micro, halves away from zero.

        A price per unit times a quantity in thousandths is ``price.times(milli, 1000)``.
        """
        return self._with(_divide(self.micros * numerator, denominator))

    def rounded(self, unit_micros: int | None = None) -> Self:
        """To the nearest multiple of ``unit_micros`` (by default the smallest coin), halves away from 0."""
        unit = self.minor_unit if unit_micros is None else unit_micros
        return self._with(_divide(self.micros, unit) * unit)

    def allocate(self, weights: Sequence[int], unit_micros: int = 1) -> list[Self]:
        """Split over ``weights`` in multiples of ``unit_micros``; the shares sum to this amount exactly.

        What does not fill a whole unit stands in the first share with a weight. See `split_by_weight`.
        """
        sign = -1 if self.micros < 0 else 1
        units, rest = divmod(abs(self.micros), unit_micros)
        shares = [share * unit_micros for share in split_by_weight(units, weights)]
        shares[next(position for position, weight in enumerate(weights) if weight)] += rest
        return [self._with(sign * share) for share in shares]

    def _with(self, micros: int) -> Self:
        return type(self)(self.currency, micros)

    def _same(self, other: "Money") -> int:
        if self.currency != other.currency:
            raise CurrenciesDiffer(f"{self.currency} and {other.currency}")
        return other.micros

    def __add__(self, other: "Money") -> Self:
        return self._with(self.micros + self._same(other))

    def __sub__(self, other: "Money") -> Self:
        return self._with(self.micros - self._same(other))

    def __neg__(self) -> Self:
        return self._with(-self.micros)

    def __abs__(self) -> Self:
        return self._with(abs(self.micros))

    def __mul__(self, count: int) -> Self:
        if not isinstance(count, int):
            return NotImplemented
        return self._with(self.micros * count)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return self.micros != 0

    def __lt__(self, other: "Money") -> bool:
        return self.micros < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.micros <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.micros > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.micros >= self._same(other)

    def __str__(self) -> str:
        return f"{self.text()} {self.currency}"


def _divide(numerator: int, denominator: int) -> int:
    """Integer division to the nearest, halves away from zero."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    nearest = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -nearest if numerator < 0 else nearest

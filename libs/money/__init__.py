"""Exact amounts of money: whole micros of a currency, never a float."""

from libs.money.money import LARGEST_UNITS, MICROS, CurrenciesDiffer, MalformedAmount, Money
from libs.money.shares import split_by_weight

__all__ = ["LARGEST_UNITS", "MICROS", "CurrenciesDiffer", "MalformedAmount", "Money", "split_by_weight"]

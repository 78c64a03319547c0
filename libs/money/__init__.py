"""Exact amounts of money: whole micros of a currency, never a float."""

from libs.money.money import CurrenciesDiffer, MalformedAmount, Money
from libs.money.shares import split_by_weight

__all__ = ["CurrenciesDiffer", "MalformedAmount", "Money", "split_by_weight"]

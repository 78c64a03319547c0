"""Repeats of a mutating request get the first answer; another request under the same id is refused."""

from libs.idempotency.answers import Answer, AnsweredMeanwhile, digest_of, forget_before, recall, remember
from libs.idempotency.table import create_idempotency_table, drop_idempotency_table

__all__ = [
    "Answer",
    "AnsweredMeanwhile",
    "create_idempotency_table",
    "digest_of",
    "drop_idempotency_table",
    "forget_before",
    "recall",
    "remember",
]

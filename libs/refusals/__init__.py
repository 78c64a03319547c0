"""Answers of the business that are not successes: exceptions that a contract documents."""

from libs.refusals.refusal import (
    CallerNotAllowed,
    InvalidField,
    NotFound,
    Overloaded,
    PageTokenInvalid,
    Refusal,
    RequestIdReused,
    Unavailable,
)

__all__ = [
    "CallerNotAllowed",
    "InvalidField",
    "NotFound",
    "Overloaded",
    "PageTokenInvalid",
    "Refusal",
    "RequestIdReused",
    "Unavailable",
]

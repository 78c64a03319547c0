"""What is wrong with a payload: fields in the payload's own terms, rules in a sentence."""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from libs.intake import Problem

MOST_PROBLEMS = 50
RULES = {
    "missing": "is required",
    "timezone_aware": "must have a time zone",
    "datetime_parsing": "must be an instant such as 2024-04-01T09:30:00-05:00",
    "datetime_from_date_parsing": "must be an instant such as 2024-04-01T09:30:00-05:00",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than_equal": "must not be negative",
    "string_pattern_mismatch": "must be a currency code of three capital letters",
    "too_long": "has too many entries",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
}
PREFIX = "Value error, "


def problems_of(error: ValidationError) -> list[Problem]:
    """Never the value itself, which may be personal."""
    details = error.errors(include_url=False, include_input=False, include_context=True)
    return [Problem(path_of(detail), rule_of(detail)) for detail in details[:MOST_PROBLEMS]]


def path_of(detail: ErrorDetails) -> str:
    """``line_items[0].price``; empty for the body as a whole."""
    path = ""
    for part in detail["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.removeprefix(".")


def rule_of(detail: ErrorDetails) -> str:
    if detail["type"] == "json_invalid":
        return f"must be JSON: {detail.get('ctx', {}).get('error', 'it is not')}"
    return RULES.get(detail["type"]) or detail["msg"].removeprefix(PREFIX)

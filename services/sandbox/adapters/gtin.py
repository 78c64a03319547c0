"""GTIN-13 numbers for articles of which only the chain's own number is known."""


def in_store_gtin(number: int) -> str:
    """A number of the range 20 to 29 that GS1 leaves to retailers, with its check digit."""
    body = f"20{number:010d}"
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return f"{body}{-weighted % 10}"

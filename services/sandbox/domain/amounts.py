"""The tax and price model of the day, in whole micros; every amount that is paid is a whole cent.

A line's gross is its unit price times its quantity, rounded to the cent. Reductions are taken off, and what
remains is the line's net. Tax is computed line by line from the net and rounded to the cent, halves up:
contained in the net when prices include tax, on top of it when they do not. A document's total is the sum of
its nets (and taxes, when not included) plus shipping, with no rounding of its own.
"""

CENT = 10_000
UNIT = 1_000_000


def nearest(numerator: int, denominator: int) -> int:
    """The nearest whole number to a fraction, halves away from zero."""
    rounded = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -rounded if numerator < 0 else rounded


def extended(unit_price: int, quantity_milli: int) -> int:
    """Unit price times quantity, to the cent."""
    return nearest(unit_price * quantity_milli, 1000 * CENT) * CENT


def tax_within(net: int, rate: int) -> int:
    """The tax that an amount contains; ``rate`` in basis points."""
    return nearest(net * rate, (10_000 + rate) * CENT) * CENT


def tax_on(net: int, rate: int) -> int:
    """The tax that comes on top of an amount; ``rate`` in basis points."""
    return nearest(net * rate, 10_000 * CENT) * CENT


def piece_price(gross: int, pieces: int) -> int:
    """The smallest whole-cent price of one piece whose multiple is not below ``gross``.

    A chain that sells three for 5.00 prints 1.67 and a reduction of 0.01: the caller books the rest.
    """
    return -(-gross // (pieces * CENT)) * CENT


def measure_price(gross: int, quantity_milli: int) -> int:
    """The shortest price per unit, of three to six decimals, whose extension is ``gross`` again."""
    for step in (1000, 100, 10):
        price = nearest(gross * 1000, quantity_milli * step) * step
        if extended(price, quantity_milli) == gross:
            return price
    return nearest(gross * 1000, quantity_milli)


def part(amount: int, quantity: int, whole: int) -> int:
    """The share of an amount that falls to a part of its quantity, to the cent."""
    return amount if quantity == whole else nearest(amount * quantity, whole * CENT) * CENT

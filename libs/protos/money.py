"""``google.type.Money``: whole units and nanos of one sign, as its definition demands."""

from google.type import money_pb2

from libs.money import LARGEST_UNITS, MICROS, Money
from libs.refusals import InvalidField

NANOS_PER_MICRO = 1000


def money_to_proto(money: Money) -> money_pb2.Money:
    units, micros = divmod(abs(money.micros), MICROS)
    sign = -1 if money.micros < 0 else 1
    return money_pb2.Money(
        currency_code=money.currency, units=sign * units, nanos=sign * micros * NANOS_PER_MICRO
    )


def money_from_proto(message: money_pb2.Money, field: str = "") -> Money:
    """Raises `InvalidField`, naming ``field``, for what is no exact amount of a currency."""
    nanos = message.nanos
    if nanos % NANOS_PER_MICRO or abs(nanos) >= MICROS * NANOS_PER_MICRO or message.units * nanos < 0:
        raise InvalidField("nanos must be whole micros of the sign of units", field=field)
    if abs(message.units) > LARGEST_UNITS:
        raise InvalidField("amount is too large", field=field)
    try:
        return Money(message.currency_code, message.units * MICROS + nanos // NANOS_PER_MICRO)
    except ValueError as error:
        raise InvalidField(str(error), field=field) from None

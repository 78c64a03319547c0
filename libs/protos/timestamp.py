"""``google.protobuf.Timestamp``: kept to the microsecond, the precision of the database and of Python."""

from datetime import UTC, datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from libs.refusals import InvalidField

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def timestamp_to_proto(moment: datetime) -> Timestamp:
    """Raises ValueError for a naive ``moment``: whose clock it was cannot be guessed."""
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    seconds, microseconds = divmod((moment - EPOCH) // MICROSECOND, 1_000_000)
    return Timestamp(seconds=seconds, nanos=microseconds * 1000)


def timestamp_from_proto(message: Timestamp, field: str = "") -> datetime:
    """Aware UTC time; what is finer than a microsecond is cut off. An unset message is 1970: ask HasField.

    Raises `InvalidField`, naming ``field``, for a time outside the years 1 to 9999.
    """
    try:
        return EPOCH + timedelta(seconds=message.seconds, microseconds=message.nanos // 1000)
    except OverflowError:
        raise InvalidField("time is outside the years 1 to 9999", field=field) from None

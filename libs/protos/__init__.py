"""Conversions between shared protobuf messages and the values that domains use."""

from libs.protos.money import money_from_proto, money_to_proto
from libs.protos.quantity import quantity_from_proto, quantity_to_proto
from libs.protos.timestamp import timestamp_from_proto, timestamp_to_proto

__all__ = [
    "money_from_proto",
    "money_to_proto",
    "quantity_from_proto",
    "quantity_to_proto",
    "timestamp_from_proto",
    "timestamp_to_proto",
]

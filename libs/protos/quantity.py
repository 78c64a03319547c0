"""``retailmesh.type.v1.Quantity``: thousandths of a unit."""

from retailmesh.type.v1 import quantity_pb2


def quantity_to_proto(milli: int, unit: quantity_pb2.Unit) -> quantity_pb2.Quantity:
    return quantity_pb2.Quantity(milli=milli, unit=unit)


def quantity_from_proto(message: quantity_pb2.Quantity) -> int:
    """Thousandths of ``message.unit``."""
    return message.milli

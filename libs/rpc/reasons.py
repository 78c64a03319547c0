"""The catalogue of refusal reasons, read from the options of the contracts' ErrorReason enums."""

from collections.abc import Iterable
from typing import NamedTuple

from google.protobuf.descriptor import EnumDescriptor

from libs.rpc.options import error_policy
from retailmesh.type.v1 import error_reason_pb2

ERROR_DOMAIN = "retailmesh.io"
COMMON_REASONS: EnumDescriptor = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"]


class Rule(NamedTuple):
    code: int
    """Number of the gRPC status code."""
    domain: str
    """``ErrorInfo.domain``: where the reason is documented, such as ``order.retailmesh.io``."""


class Reasons:
    """Reason name → rule; of two enums that share a name, the one added first is meant."""

    def __init__(self, enums: Iterable[EnumDescriptor]) -> None:
        self._rules: dict[str, Rule] = {}
        self.add(enums)

    def add(self, enums: Iterable[EnumDescriptor]) -> None:
        for enum in enums:
            domain = domain_of(enum)
            for value in enum.values:
                if value.number:
                    code = error_policy(value).code
                    self._rules.setdefault(value.name, Rule(code, domain))

    def rule(self, reason: str) -> Rule | None:
        return self._rules.get(reason)


def domain_of(enum: EnumDescriptor) -> str:
    """``retailmesh.order.v1.ErrorReason`` belongs to ``order.retailmesh.io``, the common one to the whole."""
    if enum is COMMON_REASONS:
        return ERROR_DOMAIN
    return f"{enum.file.package.split('.')[1]}.{ERROR_DOMAIN}"


known_reasons = Reasons([COMMON_REASONS])
"""Of all servers in this process; what runs outside a call, such as a batch, looks its reasons up here."""

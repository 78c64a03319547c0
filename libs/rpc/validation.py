"""The rules that stand beside the fields of a contract, checked on every request."""

from google.protobuf.message import Message
from protovalidate import Validator, Violation

from libs.rpc.refusals import FieldViolation, InvalidRequest

REPORTED_VIOLATIONS = 20
"""A batch of a thousand bad lines must not overflow the trailers that carry the answer."""

validator = Validator()


def check(message: Message) -> None:
    """Raises `InvalidRequest`, naming each field (of the first twenty) that breaks a rule."""
    violations = validator.collect_violations(message)
    if violations:
        found = [violation_of(violation) for violation in violations[:REPORTED_VIOLATIONS]]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        raise InvalidRequest(f"{found[0].field}: {found[0].description}{more}", found)


def violation_of(violation: Violation) -> FieldViolation:
    return FieldViolation(path_of(violation), violation.proto.message)


def path_of(violation: Violation) -> str:
    """``lines[2].quantity``, ``labels[colour]``; empty for a rule of the whole message."""
    field = violation.proto.field
    names = []
    for element in field.elements if field else ():
        subscript = f"[{element.subscript.value}]" if element.subscript else ""
        names.append(f"{element.field_name}{subscript}")
    return ".".join(names)

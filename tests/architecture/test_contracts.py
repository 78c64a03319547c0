"""Policy and error meaning stand in the contract, completely: interceptors deny what is missing there."""

from collections.abc import Iterator

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumValueDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from google.rpc import code_pb2

from retailmesh.policy.v1 import policy_pb2
from tests.architecture.repository import ROOT, service_folders


def _files() -> list[FileDescriptorProto]:
    image = FileDescriptorSet.FromString((ROOT / ".build" / "retailmesh.binpb").read_bytes())
    return [file for file in image.file if file.package.startswith("retailmesh.")]


def _rpcs() -> Iterator[tuple[str, MethodDescriptorProto]]:
    for file in _files():
        for service in file.service:
            for rpc in service.method:
                yield f"{file.package}.{service.name}/{rpc.name}", rpc


def _reasons() -> Iterator[tuple[str, EnumValueDescriptorProto]]:
    for file in _files():
        for enum in file.enum_type:
            if enum.name == "ErrorReason":
                yield from ((f"{file.package}.{value.name}", value) for value in enum.value)


MESSAGES = {f".{file.package}.{message.name}": message for file in _files() for message in file.message_type}
RPCS = dict(_rpcs())
REASONS = dict(_reasons())

each_rpc = pytest.mark.parametrize("rpc", RPCS.values(), ids=RPCS.keys())


def _fields(message: DescriptorProto) -> Iterator[FieldDescriptorProto]:
    """The fields of a request and of the items of a batch: a batch may carry one request id per item."""
    yield from message.field
    for field in message.field:
        yield from getattr(MESSAGES.get(field.type_name), "field", ())


@each_rpc
def test_every_rpc_states_who_may_call_it_and_what_a_repeat_does(rpc):
    policy = rpc.options.Extensions[policy_pb2.method]
    assert policy.callers
    assert policy.idempotency != policy_pb2.IDEMPOTENCY_UNSPECIFIED
    assert policy.mutates == (policy.idempotency != policy_pb2.IDEMPOTENCY_READ)


def test_every_caller_of_an_rpc_is_a_workload_of_this_repository():
    callers = {
        caller for rpc in RPCS.values() for caller in rpc.options.Extensions[policy_pb2.method].callers
    }
    assert callers - {"*"} - service_folders() == set()


@each_rpc
def test_an_rpc_repeated_by_request_id_has_one(rpc):
    if rpc.options.Extensions[policy_pb2.method].idempotency == policy_pb2.IDEMPOTENCY_REQUEST_ID:
        assert "request_id" in {field.name for field in _fields(MESSAGES[rpc.input_type])}


@pytest.mark.parametrize("value", REASONS.values(), ids=REASONS.keys())
def test_every_error_reason_has_a_status_and_a_way_out(value):
    error = value.options.Extensions[policy_pb2.error]
    assert error.code != code_pb2.OK
    assert error.help


def test_every_domain_with_an_rpc_documents_its_refusals():
    with_rpc = {name.rpartition(".")[0] for name in RPCS}
    documented = {name.rpartition(".")[0] for name in REASONS}
    assert with_rpc - documented == set()

"""The options of ``retailmesh.policy.v1`` as they stand in a contract's descriptors."""

from typing import Any

from google.protobuf.descriptor import EnumValueDescriptor, MethodDescriptor

from retailmesh.policy.v1 import policy_pb2

# Generated extensions are untyped, hence the Any.


def method_policy(method: MethodDescriptor) -> policy_pb2.MethodPolicy:
    """Empty, so without callers, for an RPC that states none."""
    extensions: Any = method.GetOptions().Extensions
    policy: policy_pb2.MethodPolicy = extensions[policy_pb2.method]
    return policy


def error_policy(value: EnumValueDescriptor) -> policy_pb2.ErrorPolicy:
    extensions: Any = value.GetOptions().Extensions
    policy: policy_pb2.ErrorPolicy = extensions[policy_pb2.error]
    return policy

"""A small contract of our own, built without the compiler, with one RPC of each shape."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from buf.validate import validate_pb2
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.rpc import code_pb2

from libs.refusals import Refusal
from libs.rpc import RpcService
from retailmesh.policy.v1 import policy_pb2

PACKAGE = "retailmesh.echo.v1"
SERVICE = f"{PACKAGE}.EchoService"

# name: callers, streams requests, streams responses, idempotency
RPCS = {
    "Say": (["order"], False, False, policy_pb2.IDEMPOTENCY_READ),
    "Shout": (["order"], False, False, policy_pb2.IDEMPOTENCY_UNSPECIFIED),
    "Announce": (["*"], False, False, policy_pb2.IDEMPOTENCY_READ),
    "Whisper": ([], False, False, policy_pb2.IDEMPOTENCY_READ),
    "Repeat": (["order"], False, True, policy_pb2.IDEMPOTENCY_READ),
    "Collect": (["order"], True, False, policy_pb2.IDEMPOTENCY_READ),
    "Converse": (["order"], True, True, policy_pb2.IDEMPOTENCY_READ),
}


class TooLoud(Refusal):
    reason = "ERROR_REASON_TOO_LOUD"


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name="retailmesh/echo/v1/echo_service.proto", package=PACKAGE, syntax="proto3")
    file.dependency.extend(["buf/validate/validate.proto", "retailmesh/policy/v1/policy.proto"])
    for name in ("Line", "EchoRequest", "EchoResponse"):
        message = file.message_type.add(name=name)
        text = message.field.add(name="text", number=1)
        text.type, text.label = FieldDescriptorProto.TYPE_STRING, FieldDescriptorProto.LABEL_OPTIONAL
        if name != "EchoResponse":
            text.options.Extensions[validate_pb2.field].string.min_len = 1
    lines = file.message_type[1].field.add(name="lines", number=2, type_name=f".{PACKAGE}.Line")
    lines.type, lines.label = FieldDescriptorProto.TYPE_MESSAGE, FieldDescriptorProto.LABEL_REPEATED
    reasons = file.enum_type.add(name="ErrorReason")
    reasons.value.add(name="ERROR_REASON_UNSPECIFIED", number=0)
    too_loud = reasons.value.add(name=TooLoud.reason, number=1)
    too_loud.options.Extensions[policy_pb2.error].code = code_pb2.FAILED_PRECONDITION
    service = file.service.add(name="EchoService")
    for name, (callers, streams_in, streams_out, idempotency) in RPCS.items():
        rpc = service.method.add(name=name, client_streaming=streams_in, server_streaming=streams_out)
        rpc.input_type, rpc.output_type = f".{PACKAGE}.EchoRequest", f".{PACKAGE}.EchoResponse"
        if callers:
            policy = rpc.options.Extensions[policy_pb2.method]
            policy.callers.extend(callers)
            policy.idempotency = idempotency
    return file


FILE = descriptor_pool.Default().AddSerializedFile(_file().SerializeToString())
DESCRIPTOR = FILE.services_by_name["EchoService"]
REASONS = FILE.enum_types_by_name["ErrorReason"]
EchoRequest: Any = message_factory.GetMessageClass(FILE.message_types_by_name["EchoRequest"])
EchoResponse: Any = message_factory.GetMessageClass(FILE.message_types_by_name["EchoResponse"])


async def echo(request: Any, context: Any) -> Any:
    return EchoResponse(text=request.text)


class EchoServicer:
    """Answers what it was told; ``answer`` may be exchanged by a test."""

    def __init__(self) -> None:
        self.answer: Callable[[Any, Any], Awaitable[Any]] = echo

    async def one(self, request: Any, context: Any) -> Any:
        return await self.answer(request, context)

    async def many(self, request: Any, context: Any) -> AsyncIterator[Any]:
        yield await self.answer(request, context)
        yield await self.answer(request, context)

    async def collect(self, requests: AsyncIterator[Any], context: Any) -> Any:
        return EchoResponse(text=" ".join([request.text async for request in requests]))

    async def converse(self, requests: AsyncIterator[Any], context: Any) -> AsyncIterator[Any]:
        async for request in requests:
            yield await self.answer(request, context)


def add_to_server(servicer: EchoServicer, server: grpc.aio.Server) -> None:
    codec = {
        "request_deserializer": EchoRequest.FromString,
        "response_serializer": EchoResponse.SerializeToString,
    }
    behaviors: dict[str, Any] = dict.fromkeys(RPCS, servicer.one)
    behaviors |= {"Repeat": servicer.many, "Collect": servicer.collect, "Converse": servicer.converse}
    handlers = {
        name: getattr(grpc, f"{shape(name)}_rpc_method_handler")(behavior, **codec)
        for name, behavior in behaviors.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


def shape(rpc: str) -> str:
    _, streams_in, streams_out, _ = RPCS[rpc]
    return f"{'stream' if streams_in else 'unary'}_{'stream' if streams_out else 'unary'}"


def service(servicer: EchoServicer) -> RpcService:
    return RpcService(add_to_server, servicer, DESCRIPTOR)


def call(channel: grpc.aio.Channel, rpc: str) -> Any:
    return getattr(channel, shape(rpc))(
        f"/{SERVICE}/{rpc}",
        request_serializer=EchoRequest.SerializeToString,
        response_deserializer=EchoResponse.FromString,
    )

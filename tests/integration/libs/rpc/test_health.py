from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from libs.rpc import Readiness
from tests.integration.libs.rpc.conftest import Echo, Start
from tests.integration.libs.rpc.echo import SERVICE

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


async def health(channel: grpc.aio.Channel, service: str) -> int:
    stub: Any = health_pb2_grpc.HealthStub(channel)
    return (await stub.Check(health_pb2.HealthCheckRequest(service=service))).status


async def test_a_service_whose_checks_pass_is_ready_from_its_first_call(start_echo: Start) -> None:
    async def reachable() -> None:
        return None

    echo = await start_echo(Readiness({"database": reachable}))
    channel = await echo.channel()
    for name in ("", "readiness", SERVICE):
        assert await health(channel, name) == SERVING


async def test_a_failing_check_makes_a_service_unready_and_leaves_it_alive(start_echo: Start) -> None:
    async def lost() -> None:
        raise ConnectionError("database is gone")

    echo = await start_echo(Readiness({"database": lost}))
    channel = await echo.channel()
    assert await health(channel, "") == SERVING
    assert await health(channel, "readiness") == NOT_SERVING


async def test_readiness_follows_its_checks(start_echo: Start) -> None:
    passing = False

    async def check() -> bool:
        return passing

    echo = await start_echo(Readiness({"broker": check}, interval_seconds=0.01))
    stub: Any = health_pb2_grpc.HealthStub(await echo.channel())
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="readiness"), timeout=10)
    assert (await watch.read()).status == NOT_SERVING
    passing = True
    assert (await watch.read()).status == SERVING
    passing = False
    assert (await watch.read()).status == NOT_SERVING
    watch.cancel()


async def test_a_stopping_server_says_that_it_no_longer_serves(echo: Echo) -> None:
    stub: Any = health_pb2_grpc.HealthStub(await echo.channel())
    watch = stub.Watch(health_pb2.HealthCheckRequest(service="readiness"), timeout=10)
    assert (await watch.read()).status == SERVING
    await echo.server.stop(0.2)
    assert (await watch.read()).status == NOT_SERVING


async def test_health_is_open_to_every_workload_and_to_nobody_else(start_echo: Start) -> None:
    echo = await start_echo()
    assert await health(await echo.channel("pos_gateway"), "") == SERVING
    foreign = await start_echo(trust_domain="other.example")
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await health(await foreign.channel("order"), "")
    assert failure.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_health_of_an_unknown_name_is_not_found(echo: Echo) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await health(await echo.channel(), "retailmesh.nothing.v1.NothingService")
    assert failure.value.code() is grpc.StatusCode.NOT_FOUND


async def test_reflection_lists_the_services_and_gives_their_contract(echo: Echo) -> None:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(await echo.channel())
    requests = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        reflection_pb2.ServerReflectionRequest(file_containing_symbol=SERVICE),
    ]
    answers = [answer async for answer in stub.ServerReflectionInfo(iter(requests))]
    listed = {service.name for service in answers[0].list_services_response.service}
    assert listed == {SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    file = FileDescriptorProto.FromString(answers[1].file_descriptor_response.file_descriptor_proto[0])
    assert file.service[0].name == "EchoService"

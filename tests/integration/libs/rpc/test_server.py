import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode
from grpc_status import rpc_status
from nats.errors import TimeoutError as BrokerTimeout

from libs.refusals import Overloaded, Unavailable
from libs.rpc import caller, remaining_seconds, status_of
from tests.builders.polling import poll_until
from tests.integration.libs.rpc.conftest import Echo, Start
from tests.integration.libs.rpc.echo import EchoRequest, EchoResponse, TooLoud, call


async def refused(work: Any) -> tuple[StatusCode, status_pb2.Status]:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await work
    status = rpc_status.from_call(failure.value)
    assert status is not None, failure.value
    return failure.value.code(), status


def detail(status: status_pb2.Status, into: Any) -> Any:
    assert any(packed.Unpack(into) for packed in status.details), status
    return into


def reason(status: status_pb2.Status) -> str:
    return detail(status, error_details_pb2.ErrorInfo()).reason


def raising(error: Exception) -> Any:
    async def answer(request: Any, context: Any) -> Any:
        raise error

    return answer


async def test_a_listed_workload_is_answered(echo: Echo) -> None:
    answer = await call(await echo.channel("order"), "Say")(EchoRequest(text="hello"))
    assert answer.text == "hello"


async def test_a_servicer_knows_its_caller_and_the_time_left(echo: Echo) -> None:
    async def answer(request: Any, context: Any) -> Any:
        left = remaining_seconds()
        assert left is not None
        assert 0 < left <= 5
        return EchoResponse(text=caller())

    echo.servicer.answer = answer
    assert (await call(await echo.channel(), "Say")(EchoRequest(text="?"), timeout=5)).text == "order"


async def test_a_workload_that_the_policy_does_not_list_is_refused(echo: Echo) -> None:
    code, status = await refused(call(await echo.channel("pos_gateway"), "Say")(EchoRequest(text="hello")))
    assert code is StatusCode.PERMISSION_DENIED
    info = detail(status, error_details_pb2.ErrorInfo())
    assert (info.reason, info.domain) == ("ERROR_REASON_CALLER_NOT_ALLOWED", "retailmesh.io")
    assert info.metadata["caller"] == "pos_gateway"


async def test_any_workload_may_call_what_is_open_to_all(echo: Echo) -> None:
    assert (
        await call(await echo.channel("pos_gateway"), "Announce")(EchoRequest(text="hello"))
    ).text == "hello"


async def test_an_rpc_without_a_policy_is_refused_for_everybody(echo: Echo) -> None:
    code, _ = await refused(call(await echo.channel("order"), "Whisper")(EchoRequest(text="hello")))
    assert code is StatusCode.PERMISSION_DENIED


async def test_the_same_name_in_another_trust_domain_is_refused(start_echo: Start) -> None:
    echo = await start_echo(trust_domain="other.example")
    for rpc in ("Say", "Announce"):
        code, _ = await refused(call(await echo.channel("order"), rpc)(EchoRequest(text="hello")))
        assert code is StatusCode.PERMISSION_DENIED


async def test_nobody_connects_without_a_certificate(echo: Echo) -> None:
    trusting = grpc.ssl_channel_credentials((echo.tls / "ca.pem").read_bytes())
    options = [("grpc.ssl_target_name_override", "echo")]
    for channel in (
        grpc.aio.secure_channel(f"127.0.0.1:{echo.server.port}", trusting, options=options),
        grpc.aio.insecure_channel(f"127.0.0.1:{echo.server.port}"),
    ):
        async with channel:
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await call(channel, "Announce")(EchoRequest(text="hello"), timeout=5)
        assert failure.value.code() is StatusCode.UNAVAILABLE


async def test_an_unknown_method_is_unimplemented(echo: Echo) -> None:
    channel = await echo.channel()
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await channel.unary_unary("/retailmesh.echo.v1.EchoService/Sing")(b"")
    assert failure.value.code() is StatusCode.UNIMPLEMENTED


async def test_a_request_that_breaks_its_contract_never_reaches_the_servicer(echo: Echo) -> None:
    echo.servicer.answer = raising(AssertionError("reached"))
    request = EchoRequest(text="")
    request.lines.add(text="fine")
    request.lines.add(text="")
    code, status = await refused(call(await echo.channel(), "Say")(request))
    assert code is StatusCode.INVALID_ARGUMENT
    assert reason(status) == "ERROR_REASON_INVALID_FIELD"
    violations = detail(status, error_details_pb2.BadRequest()).field_violations
    assert [violation.field for violation in violations] == ["text", "lines[1].text"]
    assert all(violation.description for violation in violations)


async def test_a_thousand_broken_fields_are_reported_in_part(echo: Echo) -> None:
    request = EchoRequest(text="hello")
    for _ in range(1000):
        request.lines.add()
    code, status = await refused(call(await echo.channel(), "Say")(request))
    assert code is StatusCode.INVALID_ARGUMENT
    assert len(detail(status, error_details_pb2.BadRequest()).field_violations) == 20
    assert "and 999 more" in status.message


async def test_a_refusal_becomes_the_status_that_its_contract_states(echo: Echo) -> None:
    echo.servicer.answer = raising(TooLoud("120 dB is too loud", field="text", decibel="120"))
    code, status = await refused(call(await echo.channel(), "Say")(EchoRequest(text="hello")))
    assert code is StatusCode.FAILED_PRECONDITION
    assert status.message == "120 dB is too loud"
    info = detail(status, error_details_pb2.ErrorInfo())
    assert (info.reason, info.domain) == ("ERROR_REASON_TOO_LOUD", "echo.retailmesh.io")
    assert dict(info.metadata) == {"decibel": "120"}
    assert detail(status, error_details_pb2.BadRequest()).field_violations[0].field == "text"


async def test_a_refusal_tells_when_to_come_back(echo: Echo) -> None:
    echo.servicer.answer = raising(Overloaded("queue is full", retry_after_seconds=1.5))
    code, status = await refused(call(await echo.channel(), "Say")(EchoRequest(text="hello")))
    assert code is StatusCode.RESOURCE_EXHAUSTED
    delay = detail(status, error_details_pb2.RetryInfo()).retry_delay.ToTimedelta()
    assert delay == timedelta(seconds=1.5)


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(111, "db-7.internal"), Unavailable("db", retry_after_seconds=1)]
)
async def test_an_unreachable_dependency_is_unavailable_with_a_time_to_retry(
    echo: Echo, error: Exception
) -> None:
    echo.servicer.answer = raising(error)
    code, status = await refused(call(await echo.channel(grpc_attempts=1), "Say")(EchoRequest(text="hello")))
    assert code is StatusCode.UNAVAILABLE
    assert reason(status) == "ERROR_REASON_DEPENDENCY_UNAVAILABLE"
    assert detail(status, error_details_pb2.RetryInfo()).retry_delay.seconds == 1
    assert "internal" not in status.message


@pytest.mark.parametrize("rpc", ["Say", "Repeat"])
async def test_an_unforeseen_error_tells_the_caller_nothing(
    echo: Echo, rpc: str, caplog: pytest.LogCaptureFixture
) -> None:
    echo.servicer.answer = raising(RuntimeError("password=hunter2"))
    answer = call(await echo.channel(), rpc)(EchoRequest(text="hello"))
    code, status = await refused(answer.read() if rpc == "Repeat" else answer)
    assert code is StatusCode.INTERNAL
    assert "hunter2" not in str(status)
    info = detail(status, error_details_pb2.ErrorInfo())
    assert info.reason == "ERROR_REASON_INTERNAL"
    assert len(info.metadata["trace_id"]) == 32
    logged = next(record for record in caplog.records if record.message == "unexpected_error")
    assert logged.exc_info is not None
    assert logged.exc_info[1] is not None
    assert "hunter2" in str(logged.exc_info[1])


async def test_a_reason_that_no_contract_states_is_a_defect(echo: Echo) -> None:
    class Unheard(TooLoud):
        reason = "ERROR_REASON_UNHEARD"

    echo.servicer.answer = raising(Unheard("never seen"))
    code, status = await refused(call(await echo.channel(), "Say")(EchoRequest(text="hello")))
    assert code is StatusCode.INTERNAL
    assert "never seen" not in status.message


async def test_the_deadline_of_the_client_cancels_the_handler(echo: Echo) -> None:
    cancelled = asyncio.Event()

    async def answer(request: Any, context: Any) -> Any:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    echo.servicer.answer = answer
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await call(await echo.channel(), "Say")(EchoRequest(text="hello"), timeout=0.1)
    assert failure.value.code() is StatusCode.DEADLINE_EXCEEDED
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_call_without_a_deadline_gets_the_one_of_the_service(start_echo: Start) -> None:
    echo = await start_echo(grpc_deadline=0.1)

    async def answer(request: Any, context: Any) -> Any:
        await asyncio.Event().wait()

    echo.servicer.answer = answer
    pems = [(echo.tls / name).read_bytes() for name in ("ca.pem", "order.key", "order.pem")]
    options = [("grpc.ssl_target_name_override", "echo")]
    target = f"127.0.0.1:{echo.server.port}"
    async with grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(*pems), options) as bare:
        code, status = await refused(call(bare, "Say")(EchoRequest(text="hello")))
    assert code is StatusCode.DEADLINE_EXCEEDED
    assert reason(status) == "ERROR_REASON_DEADLINE_EXCEEDED"


async def test_work_that_gave_itself_too_little_time_is_no_defect(echo: Echo) -> None:
    echo.servicer.answer = raising(TimeoutError())
    code, status = await refused(call(await echo.channel(), "Say")(EchoRequest(text="hello")))
    assert code is StatusCode.DEADLINE_EXCEEDED
    assert reason(status) == "ERROR_REASON_DEADLINE_EXCEEDED"


async def test_a_broker_that_does_not_answer_is_unavailable(echo: Echo) -> None:
    echo.servicer.answer = raising(BrokerTimeout())
    code, _ = await refused(call(await echo.channel(grpc_attempts=1), "Say")(EchoRequest(text="hello")))
    assert code is StatusCode.UNAVAILABLE


async def test_streams_are_admitted_validated_and_refused_like_single_calls(echo: Echo) -> None:
    channel = await echo.channel()
    assert [answer.text async for answer in call(channel, "Repeat")(EchoRequest(text="a"))] == ["a", "a"]
    words = [EchoRequest(text="a"), EchoRequest(text="b")]
    assert (await call(channel, "Collect")(iter(words))).text == "a b"
    assert [answer.text async for answer in call(channel, "Converse")(iter(words))] == ["a", "b"]

    conversation = call(channel, "Converse")(iter([*words, EchoRequest()]))
    assert [(await conversation.read()).text for _ in words] == ["a", "b"]
    code, status = await refused(conversation.read())
    assert code is StatusCode.INVALID_ARGUMENT
    assert detail(status, error_details_pb2.BadRequest()).field_violations[0].field == "text"

    outsider = await echo.channel("pos_gateway")
    for rpc, request in (("Repeat", EchoRequest(text="a")), ("Converse", None)):
        code, _ = await refused(call(outsider, rpc)(request).read())
        assert code is StatusCode.PERMISSION_DENIED


async def test_a_batch_item_carries_the_same_status_as_a_call(echo: Echo) -> None:
    async def answer(request: Any, context: Any) -> Any:
        return EchoResponse(text=str(status_of(TooLoud("too loud")).code))

    echo.servicer.answer = answer
    said = await call(await echo.channel(), "Say")(EchoRequest(text="hello"))
    assert said.text == str(StatusCode.FAILED_PRECONDITION.value[0])


async def test_stopping_finishes_the_calls_under_way_and_accepts_no_more(echo: Echo) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer(request: Any, context: Any) -> Any:
        begun.set()
        await go_on.wait()
        return EchoResponse(text="done")

    echo.servicer.answer = answer
    channel = await echo.channel(grpc_attempts=1)
    under_way = asyncio.ensure_future(call(channel, "Say")(EchoRequest(text="hello")))
    await asyncio.wait_for(begun.wait(), 5)
    stopping = asyncio.create_task(echo.server.stop(5))
    late = call(await echo.channel(grpc_attempts=1), "Announce")

    async def refuses() -> bool:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await late(EchoRequest(text="hello"), timeout=0.2)
        return failure.value.code() is StatusCode.UNAVAILABLE

    await poll_until(refuses)
    assert not stopping.done()
    go_on.set()
    assert (await under_way).text == "done"
    await stopping


async def test_stopping_cancels_what_outlasts_the_grace(echo: Echo) -> None:
    begun = asyncio.Event()

    async def answer(request: Any, context: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    echo.servicer.answer = answer
    under_way = asyncio.ensure_future(
        call(await echo.channel(grpc_attempts=1), "Say")(EchoRequest(text="hello"))
    )
    await asyncio.wait_for(begun.wait(), 5)
    await asyncio.wait_for(echo.server.stop(0.05), 5)
    with pytest.raises(grpc.aio.AioRpcError):
        await under_way


async def test_more_calls_than_the_server_takes_are_refused_at_once(start_echo: Start) -> None:
    echo = await start_echo(grpc_max_concurrent=1)
    begun = asyncio.Event()

    async def answer(request: Any, context: Any) -> Any:
        begun.set()
        await asyncio.Event().wait()

    echo.servicer.answer = answer
    say = call(await echo.channel(), "Say")
    under_way = asyncio.ensure_future(say(EchoRequest(text="hello")))
    await asyncio.wait_for(begun.wait(), 5)
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await say(EchoRequest(text="hello"))
    assert failure.value.code() is StatusCode.RESOURCE_EXHAUSTED
    under_way.cancel()


async def test_two_servers_never_share_a_port_by_accident(start_echo: Start) -> None:
    first = await start_echo()
    with pytest.raises(RuntimeError):
        await start_echo(grpc_address=f"127.0.0.1:{first.server.port}")


async def test_worker_processes_may_share_a_port_on_purpose(start_echo: Start) -> None:
    first = await start_echo(grpc_reuse_port=True)
    second = await start_echo(grpc_reuse_port=True, grpc_address=f"127.0.0.1:{first.server.port}")
    assert second.server.port == first.server.port


async def test_a_server_without_its_certificate_names_the_missing_file(
    tmp_path: Path, start_echo: Start
) -> None:
    with pytest.raises(FileNotFoundError, match=r"ca\.pem"):
        await start_echo(tls=tmp_path)

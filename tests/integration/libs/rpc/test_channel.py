import asyncio
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from grpc import StatusCode

from libs.identity import issue_certificate, make_development_ca
from libs.refusals import Overloaded, Unavailable
from libs.rpc import RemoteRefusal, open_channel, refusal_of, remaining_seconds
from libs.rpc import channel as channels
from libs.telemetry import current_traceparent, span
from tests.integration.libs.rpc.conftest import TRUST_DOMAIN, Echo, Start
from tests.integration.libs.rpc.echo import EchoRequest, EchoResponse, TooLoud, call

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


async def failure_of(work: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await work
    return failure.value


async def test_a_server_that_is_another_workload_is_not_spoken_to(start_echo: Start) -> None:
    impostor = await start_echo(service="pos_gateway")
    failure = await failure_of(call(await impostor.channel(), "Announce")(EchoRequest(text="secret")))
    assert failure.code() is StatusCode.UNAVAILABLE


async def test_a_server_of_another_authority_is_not_spoken_to(start_echo: Start, tmp_path: Path) -> None:
    make_development_ca(tmp_path)
    issue_certificate(tmp_path, "echo", TRUST_DOMAIN)
    stranger = await start_echo(tls=tmp_path)
    ours = (await start_echo()).settings("order", peers={"echo": f"127.0.0.1:{stranger.server.port}"})
    async with open_channel(ours, "echo") as channel:
        failure = await failure_of(call(channel, "Announce")(EchoRequest(text="secret")))
    assert failure.code() is StatusCode.UNAVAILABLE


async def test_a_call_without_a_timeout_gets_the_default_deadline(echo: Echo) -> None:
    async def answer(request: Any, context: Any) -> Any:
        return EchoResponse(text=str(context.time_remaining()))

    echo.servicer.answer = answer
    said = await call(await echo.channel(grpc_deadline=3), "Say")(EchoRequest(text="?"))
    assert 1 < float(said.text) <= 3
    streamed = await call(await echo.channel(grpc_deadline=3), "Repeat")(EchoRequest(text="?")).read()
    assert streamed.text == "None"


async def test_a_call_made_during_a_call_does_not_outlive_it(start_echo: Start) -> None:
    behind, front = await start_echo(), await start_echo()
    onward = call(await behind.channel(), "Say")

    async def remaining(request: Any, context: Any) -> Any:
        return EchoResponse(text=str(remaining_seconds()))

    async def forward(request: Any, context: Any) -> Any:
        return await onward(request, timeout=60)

    behind.servicer.answer, front.servicer.answer = remaining, forward
    said = await call(await front.channel(), "Say")(EchoRequest(text="?"), timeout=4)
    assert 1 < float(said.text) <= 4


async def test_the_trace_goes_on_behind_the_service(start_echo: Start) -> None:
    behind, front = await start_echo(), await start_echo()
    onward = call(await behind.channel(), "Say")

    async def trace(request: Any, context: Any) -> Any:
        return EchoResponse(text=current_traceparent())

    async def forward(request: Any, context: Any) -> Any:
        return await onward(request)

    behind.servicer.answer, front.servicer.answer = trace, forward
    say = call(await front.channel(), "Say")
    with span("test", traceparent=f"00-{TRACE}-00f067aa0ba902b7-00"):
        said = await say(EchoRequest(text="?"), metadata=[("tenant", "north")])
    assert said.text.split("-")[1] == TRACE


async def test_an_idempotent_call_is_repeated_while_the_service_is_unavailable(echo: Echo) -> None:
    failures = 2

    async def answer(request: Any, context: Any) -> Any:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise Unavailable("database is restarting", retry_after_seconds=1)
        return EchoResponse(text="at last")

    echo.servicer.answer = answer
    assert (await call(await echo.channel(), "Say")(EchoRequest(text="?"))).text == "at last"


async def test_a_call_that_may_not_be_repeated_is_not(echo: Echo) -> None:
    calls = 0

    async def answer(request: Any, context: Any) -> Any:
        nonlocal calls
        calls += 1
        raise Unavailable("database is restarting", retry_after_seconds=1)

    echo.servicer.answer = answer
    failure = await failure_of(call(await echo.channel(), "Shout")(EchoRequest(text="?")))
    assert failure.code() is StatusCode.UNAVAILABLE
    assert calls == 1


async def test_a_second_stub_on_a_used_channel_has_its_calls_repeated_too(echo: Echo) -> None:
    channel = await echo.channel()
    assert (await call(channel, "Announce")(EchoRequest(text="first"))).text == "first"
    failures = iter([Unavailable("restarting", retry_after_seconds=1)])

    async def answer(request: Any, context: Any) -> Any:
        for failure in failures:
            raise failure
        return EchoResponse(text="second")

    echo.servicer.answer = answer
    assert (await call(channel, "Say")(EchoRequest(text="?"))).text == "second"


async def test_a_refusal_of_another_service_can_be_read_again(echo: Echo) -> None:
    async def answer(request: Any, context: Any) -> Any:
        raise TooLoud("too loud", field="text", decibel="120")

    echo.servicer.answer = answer
    refusal = refusal_of(await failure_of(call(await echo.channel(), "Say")(EchoRequest(text="?"))))
    assert isinstance(refusal, RemoteRefusal)
    assert (refusal.reason, refusal.domain, refusal.field) == (TooLoud.reason, "echo.retailmesh.io", "text")
    assert refusal.metadata == {"decibel": "120"}
    assert refusal.code == StatusCode.FAILED_PRECONDITION.value[0]


async def test_a_refusal_passed_on_reaches_the_first_caller_unchanged(start_echo: Start) -> None:
    behind, front = await start_echo(), await start_echo()
    onward = call(await behind.channel(), "Say")

    async def refuse(request: Any, context: Any) -> Any:
        raise TooLoud("too loud", decibel="120")

    async def forward(request: Any, context: Any) -> Any:
        raise refusal_of(await failure_of(onward(request)))

    behind.servicer.answer, front.servicer.answer = refuse, forward
    failure = await failure_of(call(await front.channel(), "Say")(EchoRequest(text="?")))
    assert failure.code() is StatusCode.FAILED_PRECONDITION
    assert refusal_of(failure).metadata == {"decibel": "120"}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Overloaded("queue is full", retry_after_seconds=3), StatusCode.UNAVAILABLE),
        (Unavailable("database", retry_after_seconds=3), StatusCode.UNAVAILABLE),
        (TimeoutError(), StatusCode.DEADLINE_EXCEEDED),
        (TooLoud("nobody handled it"), StatusCode.INTERNAL),
    ],
)
async def test_what_a_servicer_leaves_to_the_mesh_is_answered_by_what_may_pass(
    start_echo: Start, error: Exception, code: StatusCode
) -> None:
    behind, front = await start_echo(), await start_echo()
    onward = call(await behind.channel(grpc_attempts=1), "Say")

    async def fail(request: Any, context: Any) -> Any:
        raise error

    async def forward(request: Any, context: Any) -> Any:
        return await onward(request)

    behind.servicer.answer, front.servicer.answer = fail, forward
    failure = await failure_of(call(await front.channel(grpc_attempts=1), "Say")(EchoRequest(text="?")))
    assert failure.code() is code
    assert refusal_of(failure).retry_after_seconds == (3 if code is StatusCode.UNAVAILABLE else None)


async def test_a_service_that_nobody_runs_is_unavailable(start_echo: Start) -> None:
    echo = await start_echo()
    channel = await echo.channel(grpc_attempts=1)
    await echo.server.stop(0)
    refusal = refusal_of(await failure_of(call(channel, "Say")(EchoRequest(text="?"))))
    assert isinstance(refusal, Unavailable)
    assert refusal.retry_after_seconds


async def test_an_unknown_peer_is_named(echo: Echo) -> None:
    with pytest.raises(KeyError, match="inventory"):
        open_channel(echo.settings("order"), "inventory")


@pytest.fixture
def own_tls(tls: Path, tmp_path: Path) -> Path:
    """A copy that a test may renew."""
    return Path(shutil.copytree(tls, tmp_path / "tls"))


def renew(directory: Path, workload: str) -> None:
    """Issue again as if a month before the end, though still valid today."""
    early = datetime.now(UTC) - timedelta(days=1)
    (directory / f"{workload}.pem").unlink()
    issue_certificate(directory, workload, TRUST_DOMAIN, now=early)


def serial(pem: bytes) -> int:
    return x509.load_pem_x509_certificate(pem).serial_number


async def serial_shown(port: int) -> int:
    """Of the certificate that a new connection gets to see."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return x509.load_der_x509_certificate(shown).serial_number


async def test_a_server_shows_its_renewed_certificate_without_a_restart(
    start_echo: Start, own_tls: Path
) -> None:
    echo = await start_echo(tls=own_tls)
    assert await serial_shown(echo.server.port) == serial((own_tls / "echo.pem").read_bytes())
    before = serial((own_tls / "echo.pem").read_bytes())
    renew(own_tls, "echo")
    assert await serial_shown(echo.server.port) == serial((own_tls / "echo.pem").read_bytes()) != before


async def test_half_replaced_files_leave_the_old_certificate_in_use(start_echo: Start, own_tls: Path) -> None:
    echo = await start_echo(tls=own_tls)
    before = serial((own_tls / "echo.pem").read_bytes())
    (own_tls / "echo.key").write_bytes((own_tls / "order.key").read_bytes())
    assert await serial_shown(echo.server.port) == before


async def test_a_channel_shows_its_renewed_certificate_without_a_restart(
    start_echo: Start, own_tls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channels, "RENEWAL_CHECK_SECONDS", 0.0)
    echo = await start_echo(tls=own_tls)

    async def answer(request: Any, context: Any) -> Any:
        return EchoResponse(text=str(serial(context.auth_context()["x509_pem_cert"][0])))

    echo.servicer.answer = answer
    say = call(await echo.channel(), "Say")
    before = (await say(EchoRequest(text="?"))).text
    assert (await say(EchoRequest(text="?"))).text == before
    renew(own_tls, "order")
    after = (await say(EchoRequest(text="?"))).text
    assert after == str(serial((own_tls / "order.pem").read_bytes())) != before

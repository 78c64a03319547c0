"""Sessions with Tryton, and what its answers say about a write."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.erp_gateway.adapters.audited_http import READING, AuditedHttp, Purpose
from services.erp_gateway.adapters.tryton_rpc import TrytonRpc, UserError
from services.erp_gateway.application.ports import StepNotDone, StepRefused, StepUnknown
from services.erp_gateway.domain.postings import Outcome
from tests.builders.fake_tryton import PASSWORD, FakeTryton
from tests.unit.erp_gateway.test_tryton_sales import SEED

METHOD = "model.sale.sale.confirm"


@pytest.fixture
async def server() -> AsyncIterator[FakeTryton]:
    server = FakeTryton()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def http(server: FakeTryton) -> AsyncIterator[AuditedHttp]:
    http = AuditedHttp(server.url, {}, answers_after=1.0, system="test")
    await http.start()
    yield http
    await http.stop()


@pytest.fixture
def rpc(http: AuditedHttp) -> TrytonRpc:
    return TrytonRpc(http, SEED.model_copy(update={"password": PASSWORD}))


async def test_the_last_parameter_is_the_context(server, rpc):
    assert await rpc.call(READING, METHOD, [1], context={"active_id": 1}) == "fine"
    assert server.calls == [(METHOD, [[1], {"company": 1, "language": "en", "active_id": 1}])]


async def test_many_calls_at_once_log_in_once(server, rpc):
    await asyncio.gather(*(rpc.call(READING, METHOD, [number]) for number in range(8)))
    assert (server.logins, len(server.calls)) == (1, 8)


async def test_a_forgotten_session_is_renewed_once_and_the_calls_repeated(server, rpc):
    await rpc.call(READING, METHOD, [0])
    server.forget_sessions()
    await asyncio.gather(*(rpc.call(READING, METHOD, [number]) for number in range(8)))
    assert (server.logins, len(server.calls)) == (2, 9)


async def test_a_refused_password_is_not_tried_again_and_again(server, http):
    wrong = TrytonRpc(http, SEED.model_copy(update={"password": "wrong"}))
    for _ in range(5):
        with pytest.raises(StepNotDone, match="login"):
            await wrong.call(READING, METHOD, [1])
    assert server.logins == 1


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (200, ["UserError", ["Not so.", "", None]], UserError),
        (200, ["UserWarning", ["key", "Sure?", ""]], StepRefused),
        (200, ["ConcurrencyException", "Records were modified"], StepNotDone),
        (200, ["'foo'", ""], StepRefused),
        (422, None, StepRefused),
        (403, None, StepRefused),
        (404, None, StepRefused),
        (429, None, StepNotDone),
        (503, None, StepNotDone),
        (500, None, StepUnknown),
        (504, None, StepUnknown),
    ],
)
async def test_what_an_answer_says_about_the_write(server, rpc, status, error, expected):
    server.fails(status, **({"id": 1, "error": error} if error else {}))
    with pytest.raises(expected):
        await rpc.call(READING, METHOD, [1])


async def test_a_server_that_is_away_has_done_nothing(server, rpc):
    await server.stop()
    with pytest.raises(StepNotDone):
        await rpc.call(READING, METHOD, [1])


@pytest.mark.parametrize(
    ("method", "body", "outcome"),
    [
        (METHOD, {"result": None}, Outcome.DONE),
        (METHOD, {"error": ["UserError", ["Not so.", "", None]]}, Outcome.NOT_DONE),
        ("model.sale.sale.read", {"result": []}, Outcome.UNTRIED),
    ],
)
async def test_each_call_is_told_with_what_it_meant(server, rpc, method, body, outcome):
    noted = []
    server.fails(200, id=1, **body)
    try:
        await rpc.call(Purpose(READING.posting_id, READING.step, "", noted.append), method, [1])
    except UserError:
        assert outcome is Outcome.NOT_DONE
    (call,) = noted
    assert (call.operation, call.status, call.outcome) == (method.removeprefix("model."), 200, outcome)

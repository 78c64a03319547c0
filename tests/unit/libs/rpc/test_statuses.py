import pytest
from google.protobuf import wrappers_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode

from libs.refusals import InvalidField, NotFound, Overloaded, Refusal, RequestIdReused, Unavailable
from libs.rpc import DeadlineExceeded, RemoteRefusal, raise_from_status, refusal_of, status_of
from libs.rpc.reasons import COMMON_REASONS, Reasons
from libs.rpc.refusals import COMMON
from retailmesh.order.v1 import error_reason_pb2


def kinds(status: status_pb2.Status) -> list[str]:
    return [packed.type_url.rpartition(".")[2] for packed in status.details]


@pytest.mark.parametrize("kind", COMMON.values())
def test_a_common_refusal_survives_the_wire_as_its_own_class(kind: type[Refusal]) -> None:
    sent = kind("not now", field="lines[0]", retry_after_seconds=2.5, sku="TEA-1")
    back = refusal_of(status_of(sent))
    assert type(back) is kind
    assert (back.message, back.field, back.retry_after_seconds) == ("not now", "lines[0]", 2.5)
    assert back.metadata == {"sku": "TEA-1"}


@pytest.mark.parametrize(
    ("refusal", "code", "details"),
    [
        (NotFound("no order"), StatusCode.NOT_FOUND, ["ErrorInfo"]),
        (InvalidField("bad", field="sku"), StatusCode.INVALID_ARGUMENT, ["ErrorInfo", "BadRequest"]),
        (
            Overloaded("full", retry_after_seconds=1),
            StatusCode.RESOURCE_EXHAUSTED,
            ["ErrorInfo", "RetryInfo"],
        ),
        (RequestIdReused("again"), StatusCode.ALREADY_EXISTS, ["ErrorInfo"]),
        (DeadlineExceeded("late"), StatusCode.DEADLINE_EXCEEDED, ["ErrorInfo"]),
    ],
)
def test_a_status_has_the_details_that_apply(refusal: Refusal, code: StatusCode, details: list[str]) -> None:
    status = status_of(refusal)
    assert status.code == code.value[0]
    assert kinds(status) == details


def test_every_reason_of_the_common_contract_has_a_code() -> None:
    reasons = Reasons([COMMON_REASONS])
    for value in COMMON_REASONS.values[1:]:
        rule = reasons.rule(value.name)
        assert rule is not None
        assert rule.code > 0
        assert rule.domain == "retailmesh.io"


def test_a_reason_of_a_domain_names_the_domain() -> None:
    rule = Reasons([error_reason_pb2.ErrorReason.DESCRIPTOR]).rule("ERROR_REASON_STATE_FORBIDS")
    assert rule is not None
    assert rule == (StatusCode.FAILED_PRECONDITION.value[0], "order.retailmesh.io")


def test_an_endless_message_is_cut() -> None:
    assert len(status_of(NotFound("x" * 10_000)).message) == 500


def test_metadata_that_is_no_text_is_written_as_text() -> None:
    status = status_of(NotFound("no order", attempts=3))  # type: ignore[arg-type]
    assert refusal_of(status).metadata == {"attempts": "3"}


def test_an_ok_item_raises_nothing_and_a_refused_one_its_refusal() -> None:
    raise_from_status(status_pb2.Status())
    with pytest.raises(NotFound, match="no order"):
        raise_from_status(status_of(NotFound("no order")))


def test_a_status_with_details_of_another_kind_is_still_a_refusal() -> None:
    status = status_pb2.Status(code=StatusCode.ABORTED.value[0], message="lost the race")
    status.details.add().Pack(wrappers_pb2.StringValue(value="hint"))
    refusal = refusal_of(status)
    assert isinstance(refusal, RemoteRefusal)
    assert (refusal.reason, refusal.code) == ("ERROR_REASON_UNSPECIFIED", StatusCode.ABORTED.value[0])


def test_the_reason_of_another_domain_is_no_common_one() -> None:
    status = status_pb2.Status(code=StatusCode.NOT_FOUND.value[0], message="no such ERP")
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=NotFound.reason, domain="vendor.example"))
    assert isinstance(refusal_of(status), RemoteRefusal)


def test_an_unavailable_service_that_could_not_say_why_is_unavailable() -> None:
    refusal = refusal_of(status_pb2.Status(code=StatusCode.UNAVAILABLE.value[0], message="refused"))
    assert isinstance(refusal, Unavailable)
    assert refusal.retry_after_seconds == 1.0

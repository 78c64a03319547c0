from datetime import timedelta

import pytest

from libs.intake import State, outcome_of_refusal
from libs.refusals import InvalidField, Overloaded, Refusal, Unavailable
from libs.rpc import DeadlineExceeded

PATIENCE = timedelta(minutes=10)


class OrderUnknown(Refusal):
    reason = "ERROR_REASON_ORDER_UNKNOWN"


class Internal(Refusal):
    reason = "ERROR_REASON_INTERNAL"


def outcome(refusal, *, passes=False):
    return outcome_of_refusal(
        refusal, may_pass=lambda reason: passes, waits_for="doc", patience=PATIENCE, order_id="o1"
    )


@pytest.mark.parametrize("kind", [Unavailable, Overloaded, DeadlineExceeded])
def test_a_service_that_cannot_answer_says_nothing_of_the_message(kind):
    found = outcome(kind("not now"))
    assert (found.state, found.postponed) == (None, True)


def test_a_defect_behind_counts_as_a_failed_attempt():
    found = outcome(Internal("a defect"))
    assert (found.state, found.postponed, found.reason) == (None, False, "internal")


def test_what_may_pass_waits_for_its_document():
    found = outcome(OrderUnknown("none"), passes=True)
    assert (found.state, found.waits_for, found.patience) == (State.WAITING, "doc", PATIENCE)


def test_what_will_not_pass_is_set_aside_with_its_reason_and_order():
    found = outcome(OrderUnknown("none"))
    assert (found.state, found.reason, found.order_id) == (State.QUARANTINED, "order_unknown", "o1")


def test_a_refused_field_is_a_problem():
    (problem,) = outcome(InvalidField("too long", field="order.lines[0].title")).problems
    assert (problem.field, problem.rule) == ("order.lines[0].title", "too long")

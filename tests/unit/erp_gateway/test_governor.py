from hypothesis import given, settings
from hypothesis import strategies as st

from services.erp_gateway.domain.governor import FAILURES_TO_PROBE, SUCCESSES_PER_SLOT, Governor, starting


def answered(governor: Governor, times: int) -> Governor:
    for _ in range(times):
        governor = governor.answered()
    return governor


def test_it_begins_with_all_slots():
    assert starting(15).slots == 15


def test_an_erp_that_says_too_many_gets_a_quarter_fewer():
    assert starting(16).throttled().slots == 12


def test_calls_that_left_together_and_are_refused_together_count_once():
    governor = starting(16)
    for _ in range(16):
        governor = governor.throttled()
    assert governor.slots == 12
    assert governor.throttled().slots == 9


def test_one_slot_is_always_left():
    governor = starting(2)
    for _ in range(20):
        governor = governor.throttled()
    assert governor.slots == 1


def test_after_fifty_good_answers_one_more_call_is_dared():
    governor = starting(16).throttled()
    assert answered(governor, SUCCESSES_PER_SLOT - 1).slots == 12
    assert answered(governor, SUCCESSES_PER_SLOT).slots == 13


def test_a_refusal_begins_the_count_anew():
    governor = answered(starting(16).throttled(), SUCCESSES_PER_SLOT - 1).throttled()
    assert answered(governor, SUCCESSES_PER_SLOT - 1).slots == governor.slots


def test_an_erp_that_is_away_is_asked_by_one_call_at_a_time_until_it_answers():
    governor = starting(16)
    for _ in range(FAILURES_TO_PROBE):
        assert (governor.probing, governor.allowed) == (False, 16)
        governor = governor.failed()
    assert (governor.probing, governor.allowed) == (True, 1)
    assert governor.answered().allowed == 16


def test_an_erp_that_is_busy_is_not_away():
    governor = starting(16)
    for _ in range(FAILURES_TO_PROBE):
        governor = governor.failed().throttled()
    assert not governor.probing


@given(st.integers(1, 40), st.lists(st.sampled_from(["answered", "throttled", "failed"]), max_size=400))
@settings(deadline=None)
def test_the_slots_stay_between_one_and_the_limit(limit, answers):
    governor = starting(limit)
    for answer in answers:
        governor = getattr(governor, answer)()
        assert 1 <= governor.allowed <= governor.slots <= limit

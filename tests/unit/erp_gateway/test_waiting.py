from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.erp_gateway.domain.waiting import wait_before, wait_for_another


def test_each_try_waits_about_twice_as_long_as_the_one_before():
    assert [wait_before(tries, 1.0) / timedelta(seconds=1) for tries in (1, 2, 3, 4)] == [0.2, 0.4, 0.8, 1.6]


def test_chance_takes_off_half_at_most():
    assert wait_before(4, 0.0) * 2 == wait_before(4, 1.0)


@given(st.integers(0, 10_000), st.floats(0, 1))
@settings(deadline=None)
def test_no_wait_is_longer_than_its_bound(tries, jitter):
    assert timedelta(0) < wait_before(tries, jitter) <= timedelta(minutes=5)
    assert timedelta(0) < wait_for_another(tries, jitter) <= timedelta(seconds=2)

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.intake import Limits

LIMITS = Limits(first_backoff=timedelta(seconds=1), longest_backoff=timedelta(seconds=30))


@given(st.integers(min_value=0, max_value=10**6), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_a_backoff_is_never_longer_than_the_longest(attempts, chance):
    assert timedelta(seconds=0.5) <= LIMITS.backoff(attempts, chance) <= timedelta(seconds=30)


@pytest.mark.parametrize(("attempts", "seconds"), [(0, 1), (1, 2), (2, 4), (4, 16), (5, 30), (60, 30)])
def test_a_backoff_doubles_with_each_attempt(attempts, seconds):
    assert LIMITS.backoff(attempts, 0.0) == timedelta(seconds=seconds) / 2


def test_two_backoffs_of_the_same_attempt_differ_by_chance():
    assert LIMITS.backoff(3, 0.1) < LIMITS.backoff(3, 0.9)

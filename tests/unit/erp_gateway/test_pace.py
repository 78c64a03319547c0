import pytest

from services.erp_gateway.app import PACES, pace_of
from services.erp_gateway.config import Settings


def pace(**given):
    return pace_of(Settings(**given))


@pytest.mark.parametrize("erp", PACES)
def test_each_erp_has_a_pace_of_its_own(erp):
    assert pace(erp=erp) == PACES[erp]


def test_the_settings_change_it():
    changed = pace(posting_slots=3, erp_answers_after_seconds=1.0, erp_settle_seconds=4.0)
    assert (changed.slots, changed.answers_after, changed.settle) == (3, 1.0, 4.0)


def test_a_write_may_be_late_for_longer_than_its_answer_is_waited_for():
    assert pace(erp_answers_after_seconds=60.0).settle == 90.0
    assert pace(erp_answers_after_seconds=10.0, erp_settle_seconds=2.0).settle == 15.0

from collections import Counter

from services.sandbox.domain.dice import Dice
from services.sandbox.domain.erp_condition import Condition, Fault, Weather


def condition(slots=2, failed_before=20, answer_lost=10, latency_ms=(5, 15)):
    weather = Weather(failed_before=failed_before, answer_lost=answer_lost, latency_ms=latency_ms)
    return Condition(dice=Dice("erp"), weather=weather, slots=slots)


def test_a_call_beyond_the_slots_is_turned_away_until_one_is_free():
    erp = condition()
    assert [erp.take_slot() for _ in range(3)] == [True, True, False]
    erp.free_slot()
    assert erp.take_slot()
    assert (erp.turned_away, erp.most_in_use) == (1, 2)


def test_faults_come_at_their_rates_and_readers_lose_no_answers():
    erp = condition(failed_before=100, answer_lost=50)
    writes = Counter(erp.fault_of(call, writes=True) for call in range(10_000))
    assert 900 < writes[Fault.FAILED_BEFORE] < 1100
    assert 200 < writes[Fault.ANSWER_LOST] < 300
    assert 200 < writes[Fault.ANSWER_TIMED_OUT] < 300
    reads = Counter(erp.fault_of(call, writes=False) for call in range(10_000))
    assert reads.keys() == {Fault.NONE, Fault.FAILED_BEFORE}


def test_faults_are_the_same_for_the_same_seed_and_call():
    first, second = condition(failed_before=200), condition(failed_before=200)
    assert [first.fault_of(call, writes=True) for call in range(200)] == [
        second.fault_of(call, writes=True) for call in range(200)
    ]


def test_calls_take_as_long_as_the_weather_says():
    erp = condition(latency_ms=(5, 15))
    seconds = [erp.seconds_of(call) for call in range(1000)]
    assert (min(seconds), max(seconds)) == (0.005, 0.015)

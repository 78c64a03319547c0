from hypothesis import given
from hypothesis import strategies as st

from services.sandbox.domain.dice import EXACT_IN_DOUBLES, Dice, per_mille_of

DICE = Dice("seed")


def test_choices_depend_on_the_seed_and_on_what_they_are_about():
    assert DICE.number("a", 1, below=10**9) == Dice("seed").number("a", 1, below=10**9)
    assert DICE.number("a", 1, below=10**9) != DICE.number("a", 2, below=10**9)
    assert DICE.number("a", 1, below=10**9) != Dice("other").number("a", 1, below=10**9)


@given(st.sets(st.integers(), max_size=50), st.integers(min_value=0, max_value=60))
def test_a_pick_takes_as_many_as_asked_for_and_keeps_their_order(items, count):
    listed = sorted(items)
    picked = DICE.pick("some", listed, str, count)
    assert len(picked) == min(count, len(listed))
    assert picked == sorted(picked)


def test_a_pick_hardly_changes_when_an_item_is_added():
    before = set(DICE.pick("some", range(1000), str, 100))
    after = set(DICE.pick("some", range(1001), str, 100))
    assert len(before & after) >= 99


def test_half_of_the_ids_are_too_large_for_a_double():
    ids = [DICE.identity("order", number) for number in range(1000)]
    assert len(set(ids)) == 1000
    assert all(0 < identity < 2**63 for identity in ids)
    assert 400 < sum(identity > EXACT_IN_DOUBLES for identity in ids) < 600


def test_shares_are_rounded_to_the_nearest():
    assert [per_mille_of(count, 50) for count in (0, 9, 10, 29, 30, 1000)] == [0, 0, 1, 1, 2, 50]

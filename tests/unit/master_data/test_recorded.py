import pytest

from services.master_data.domain.recorded import Upserted, refuse_duplicates
from services.master_data.domain.refusals import DuplicateInBatch


def test_version_one_was_created_and_what_was_not_written_is_unchanged():
    assert Upserted.counted([1, 1, 4], asked=5) == Upserted(created=2, changed=1, unchanged=2)


def test_a_repeat_in_the_batch_is_refused_by_its_key():
    with pytest.raises(DuplicateInBatch) as refused:
        refuse_duplicates("price", [("A", "store"), ("B", "store"), ("A", "store")])
    assert refused.value.metadata == {"resource": "price", "key": "A store"}


def test_a_batch_without_repeats_passes():
    refuse_duplicates("product", ["A", "B", "a"])

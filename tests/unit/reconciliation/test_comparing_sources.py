import pytest

from libs.money import Money
from services.reconciliation.domain.breaks import BreakKind
from services.reconciliation.domain.compare_sources import compare_sources
from services.reconciliation.domain.documents import MeshDocument, SourceDocument, Standing


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def source(key: str, total: str = "10.00", refunded: str | None = "0.00", **more: bool) -> SourceDocument:
    return SourceDocument(key, eur(total), None if refunded is None else eur(refunded), **more)


def mesh(key: str, total: str = "10.00", refunded: str = "0.00", order_id: str = "", **more):
    fields = {"standing": Standing.STANDS, "posted": True} | more
    return MeshDocument(key, order_id or f"order-{key}", eur(total), eur(refunded), **fields)


def kinds(sources, documents):
    return [found.kind for found in compare_sources("a/b", sources, documents).breaks]


def test_systems_that_agree_have_no_break():
    comparison = compare_sources("a/b", [source("1"), source("2", "3.50")], [mesh("2", "3.50"), mesh("1")])
    assert not comparison.breaks
    assert (comparison.left, comparison.right, comparison.matched) == (2, 2, 2)
    assert comparison.left_totals == comparison.right_totals == [eur("13.50")]


def test_an_order_that_never_arrived_is_missing_in_the_mesh():
    comparison = compare_sources("a/b", [source("1"), source("2")], [mesh("1")])
    assert [(found.kind, found.subject) for found in comparison.breaks] == [(BreakKind.MISSING_IN_MESH, "2")]
    assert comparison.matched == 1


def test_an_order_that_nobody_made_is_missing_at_the_source():
    assert kinds([], [mesh("1")]) == [BreakKind.MISSING_AT_SOURCE]


def test_an_order_recorded_twice_is_doubled():
    documents = [mesh("1", order_id="first"), mesh("1", order_id="second")]
    (found,) = compare_sources("a/b", [source("1")], documents).breaks
    assert (found.kind, found.expected, found.found) == (BreakKind.DOUBLED_IN_MESH, "first", "second")


def test_a_cent_of_difference_is_a_break():
    assert kinds([source("1", "10.00")], [mesh("1", "10.01")]) == [BreakKind.AMOUNT_DIFFERS]


def test_a_refund_that_only_the_storefront_knows_is_a_break():
    assert kinds([source("1", refunded="4.00")], [mesh("1")]) == [BreakKind.REFUND_DIFFERS]


def test_a_source_without_refunds_of_its_own_is_not_compared_by_them():
    assert kinds([source("1", refunded=None)], [mesh("1", refunded="4.00")]) == []


def test_a_cancellation_that_only_one_side_knows_is_a_break():
    assert kinds([source("1", cancelled=True)], [mesh("1")]) == [BreakKind.CANCELLATION_DIFFERS]
    called_off = mesh("1", standing=Standing.CALLED_OFF)
    assert kinds([source("1")], [called_off]) == [BreakKind.CANCELLATION_DIFFERS]
    assert kinds([source("1", cancelled=True)], [called_off]) == []


@pytest.mark.parametrize("cancelled", [True, False])
@pytest.mark.parametrize("standing", [Standing.GIVEN_BACK, Standing.REFUSED])
def test_nothing_is_left_to_call_off_of_what_was_given_back_or_refused(standing, cancelled):
    assert kinds([source("1", cancelled=cancelled)], [mesh("1", standing=standing)]) == []


def test_every_kind_of_break_has_a_remedy():
    comparison = compare_sources("a/b", [source("1")], [mesh("2")])
    assert all(found.remedy for found in comparison.breaks)

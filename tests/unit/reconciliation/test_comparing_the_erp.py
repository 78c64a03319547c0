from libs.money import Money
from services.reconciliation.domain.breaks import REMEDIES, BreakKind
from services.reconciliation.domain.compare_erp import compare_erp, compare_postings
from services.reconciliation.domain.compare_promises import compare_promises
from services.reconciliation.domain.documents import (
    ErpDocument,
    MeshDocument,
    PostedDocument,
    Promise,
    Standing,
)


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def posting(
    key: str, amount: str = "10.00", order_id: str = "o", *, ended: bool = True, skipped: bool = False
):
    return PostedDocument(key, order_id, eur(amount), ended, skipped)


def document(key: str, amount: str = "10.00", document_id: str = "d") -> ErpDocument:
    return ErpDocument(document_id, key, eur(amount))


def kinds(postings, documents, allowed_backlog: int = 0):
    return [found.kind for found in compare_erp(postings, documents, allowed_backlog).breaks]


def test_a_posted_document_matches():
    comparison = compare_erp(
        [posting("a"), posting("b", "-2.00")], [document("b", "-2.00"), document("a")], 0
    )
    assert not comparison.breaks
    assert comparison.matched == 2
    assert comparison.left_totals == comparison.right_totals == [eur("8.00")]


def test_a_posting_without_its_document_is_missing():
    assert kinds([posting("a")], []) == [BreakKind.MISSING_IN_ERP]


def test_a_backlog_is_missing_only_beyond_what_is_allowed():
    waiting = [posting("a", ended=False), posting("b", ended=False)]
    assert kinds(waiting, [], allowed_backlog=2) == []
    assert kinds(waiting, [], allowed_backlog=1) == [BreakKind.MISSING_IN_ERP]


def test_a_document_written_twice_is_doubled():
    twice = [document("a", document_id="1"), document("a", document_id="2")]
    (found,) = compare_erp([posting("a")], twice, 0).breaks
    assert (found.kind, found.found) == (BreakKind.DOUBLED_IN_ERP, "1, 2")


def test_a_document_under_our_key_without_a_posting_is_unknown():
    assert kinds([], [document("a")]) == [BreakKind.UNKNOWN_IN_ERP]


def test_documents_of_others_do_not_count():
    comparison = compare_erp([], [document("")], 0)
    assert (comparison.right, comparison.breaks) == (0, [])


def test_a_different_amount_in_the_erp_is_a_break():
    assert kinds([posting("a", "10.00")], [document("a", "9.99")]) == [BreakKind.ERP_AMOUNT_DIFFERS]


def test_a_skipped_posting_needs_no_document():
    assert kinds([posting("a", skipped=True)], []) == []


def order(order_id: str, total: str, refunded: str = "0.00", **more) -> MeshDocument:
    fields = {"standing": Standing.STANDS, "posted": True} | more
    return MeshDocument(f"key-{order_id}", order_id, eur(total), eur(refunded), **fields)


def test_the_postings_of_an_order_sum_to_what_it_nets():
    postings = [posting("s", "10.00", "1"), posting("c", "-4.00", "1")]
    assert not compare_postings([order("1", "10.00", "4.00")], postings).breaks


def test_a_cancelled_order_nets_nothing():
    postings = [posting("s", "10.00", "1"), posting("x", "-10.00", "1")]
    assert not compare_postings([order("1", "10.00", standing=Standing.CALLED_OFF)], postings).breaks


def test_of_an_order_given_back_line_by_line_the_rest_is_still_owed():
    postings = [posting("s", "10.00", "1"), posting("c", "-6.00", "1")]
    given_back = order("1", "10.00", "6.00", standing=Standing.GIVEN_BACK)
    assert not compare_postings([given_back], postings).breaks


def test_a_held_order_posts_nothing():
    assert not compare_postings([order("1", "10.00", posted=False)], []).breaks


def test_a_refund_that_was_never_posted_is_a_break():
    (found,) = compare_postings([order("1", "10.00", "4.00")], [posting("s", "10.00", "1")]).breaks
    assert (found.kind, found.order_id) == (BreakKind.ERP_AMOUNT_DIFFERS, "1")


def test_an_order_without_any_posting_is_missing():
    (found,) = compare_postings([order("1", "10.00")], []).breaks
    assert found.kind is BreakKind.MISSING_IN_ERP


def test_promises_and_reservations_are_compared_by_order_line_and_location():
    promised = [Promise("o", "1", "wh-1", 2000), Promise("o", "2", "wh-1", 1000)]
    reserved = [
        Promise("o", "1", "wh-1", 1000),
        Promise("o", "1", "wh-1", 1000),
        Promise("o", "3", "wh-1", 1),
    ]
    comparison = compare_promises(promised, reserved)
    assert [found.subject for found in comparison.breaks] == ["o/2/wh-1", "o/3/wh-1"]
    assert comparison.matched == 1


def test_every_kind_has_a_remedy():
    assert set(REMEDIES) == set(BreakKind)

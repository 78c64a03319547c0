"""Does the ERP have every financial fact of the mesh, once, with the same money?"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from libs.money import Money
from services.reconciliation.domain.breaks import Break, BreakKind, Comparison, totals_by_currency
from services.reconciliation.domain.documents import ErpDocument, MeshDocument, PostedDocument, Standing


def compare_erp(
    postings: Sequence[PostedDocument], documents: Sequence[ErpDocument], allowed_backlog: int
) -> Comparison:
    """Match postings with the ERP's documents by external key.

    Documents without a key of the mesh's are somebody else's and do not count. Up to ``allowed_backlog``
    postings may still be under way.
    """
    by_key = _by_key(documents)
    wanted = [posting for posting in postings if not posting.skipped]
    breaks = [*_missing(wanted, by_key, allowed_backlog), *_unknown(postings, by_key)]
    for posting in wanted:
        breaks.extend(_differences(posting, by_key.get(posting.external_key, ())))
    broken = {found.subject for found in breaks}
    ours = [document for found in by_key.values() for document in found]
    return Comparison(
        name="mesh/erp",
        left=len(wanted),
        right=len(ours),
        matched=sum(p.external_key in by_key and p.external_key not in broken for p in wanted),
        breaks=breaks,
        left_totals=totals_by_currency(posting.amount for posting in wanted),
        right_totals=totals_by_currency(document.amount for document in ours),
    )


def compare_postings(orders: Sequence[MeshDocument], postings: Sequence[PostedDocument]) -> Comparison:
    """Is every cent on its way to the ERP? What an order nets must be what its postings sum to."""
    sums: dict[str, Money] = {}
    for posting in postings:
        if not posting.skipped:
            sums[posting.order_id] = sums.get(posting.order_id, _nothing(posting.amount)) + posting.amount
    known = {order.order_id: order for order in orders}
    breaks: list[Break] = []
    for order in orders:
        posted = sums.get(order.order_id, _nothing(order.total))
        if posted != (net := _net(order)):
            kind = BreakKind.MISSING_IN_ERP if not posted else BreakKind.ERP_AMOUNT_DIFFERS
            breaks.append(Break(kind, order.key, f"{net} to post", f"{posted} posted", order.order_id))
    return Comparison(
        name="orders/postings",
        left=len(orders),
        right=sum(order_id in known for order_id in sums),
        matched=len(orders) - len(breaks),
        breaks=breaks,
        left_totals=totals_by_currency(_net(order) for order in orders),
        right_totals=totals_by_currency(amount for order_id, amount in sums.items() if order_id in known),
    )


def _net(order: MeshDocument) -> Money:
    if not order.posted or order.standing is Standing.CALLED_OFF:
        return _nothing(order.total)
    return order.total - order.refunded


def _nothing(amount: Money) -> Money:
    return Money.zero(amount.currency)


def _by_key(documents: Sequence[ErpDocument]) -> dict[str, list[ErpDocument]]:
    by_key: dict[str, list[ErpDocument]] = defaultdict(list)
    for document in documents:
        if document.external_key:
            by_key[document.external_key].append(document)
    return by_key


def _missing(
    wanted: Sequence[PostedDocument], by_key: Mapping[str, Sequence[ErpDocument]], allowed_backlog: int
) -> Iterator[Break]:
    backlog = 0
    for posting in wanted:
        if posting.external_key in by_key and posting.ended:
            continue
        backlog += not posting.ended
        if posting.ended or backlog > allowed_backlog:
            found = "no document" if posting.ended else "still under way"
            yield _break(BreakKind.MISSING_IN_ERP, posting, str(posting.amount), found)


def _unknown(
    postings: Sequence[PostedDocument], by_key: Mapping[str, Sequence[ErpDocument]]
) -> Iterator[Break]:
    known = {posting.external_key for posting in postings}
    for key, documents in by_key.items():
        if key not in known:
            yield Break(BreakKind.UNKNOWN_IN_ERP, key, "no posting", documents[0].document_id)


def _differences(posting: PostedDocument, documents: Sequence[ErpDocument]) -> Iterator[Break]:
    if len(documents) > 1:
        ids = ", ".join(document.document_id for document in documents)
        yield _break(BreakKind.DOUBLED_IN_ERP, posting, "one document", ids)
    elif documents and posting.ended and documents[0].amount != posting.amount:
        yield _break(BreakKind.ERP_AMOUNT_DIFFERS, posting, str(posting.amount), str(documents[0].amount))


def _break(kind: BreakKind, posting: PostedDocument, expected: str, found: str) -> Break:
    return Break(kind, posting.external_key, expected, found, posting.order_id)

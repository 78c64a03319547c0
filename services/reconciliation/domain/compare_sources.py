"""Does the mesh have every sale that a storefront or a till has, once, with the same money?"""

from collections.abc import Iterable, Iterator, Sequence

from services.reconciliation.domain.breaks import Break, BreakKind, Comparison, totals_by_currency
from services.reconciliation.domain.documents import MeshDocument, SourceDocument, Standing


def compare_sources(name: str, sources: Sequence[SourceDocument], mesh: Sequence[MeshDocument]) -> Comparison:
    """Match by key. A document that the source itself lists twice counts once."""
    by_source = {document.key: document for document in sources}
    by_mesh, breaks = _once_each(mesh)
    for key, source in by_source.items():
        found = by_mesh.get(key)
        if found is None:
            breaks.append(Break(BreakKind.MISSING_IN_MESH, key, str(source.total), "no order"))
        else:
            breaks.extend(_differences(source, found))
    for key, document in by_mesh.items():
        if key not in by_source:
            breaks.append(_break(BreakKind.MISSING_AT_SOURCE, document, "no sale", str(document.total)))
    broken = {found.subject for found in breaks}
    return Comparison(
        name=name,
        left=len(by_source),
        right=len(mesh),
        matched=sum(key in by_mesh and key not in broken for key in by_source),
        breaks=breaks,
        left_totals=totals_by_currency(document.total for document in by_source.values()),
        right_totals=totals_by_currency(document.total for document in mesh),
    )


def _once_each(mesh: Iterable[MeshDocument]) -> tuple[dict[str, MeshDocument], list[Break]]:
    by_key: dict[str, MeshDocument] = {}
    breaks: list[Break] = []
    for document in mesh:
        first = by_key.setdefault(document.key, document)
        if first is not document:
            breaks.append(_break(BreakKind.DOUBLED_IN_MESH, document, first.order_id, document.order_id))
    return by_key, breaks


def _differences(source: SourceDocument, mesh: MeshDocument) -> Iterator[Break]:
    if source.total != mesh.total:
        yield _break(BreakKind.AMOUNT_DIFFERS, mesh, str(source.total), str(mesh.total))
    if source.refunded is not None and source.refunded != mesh.refunded:
        yield _break(BreakKind.REFUND_DIFFERS, mesh, str(source.refunded), str(mesh.refunded))
    there = Standing.CALLED_OFF if source.cancelled else Standing.STANDS
    if {there, mesh.standing} == {Standing.CALLED_OFF, Standing.STANDS}:
        yield _break(BreakKind.CANCELLATION_DIFFERS, mesh, there.value, mesh.standing.value)


def _break(kind: BreakKind, document: MeshDocument, expected: str, found: str) -> Break:
    return Break(kind, document.key, expected, found, document.order_id)

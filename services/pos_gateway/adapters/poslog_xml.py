"""POSLog files as XML: parsed without trust, taken apart into transactions, read by name."""

import re
from collections.abc import Sequence

from lxml import etree

from libs.intake import Problem, Unreadable

NAMESPACES = frozenset(
    {
        "http://www.nrf-arts.org/IXRetail/namespace/",
        "http://www.nrf-arts.org/IXRetail/v6.0.0/poslog",
    }
)
"""Of versions 2.1 to 6.0, and of 6.0 alone. Everything else is a vendor's own."""
MOST_TRANSACTIONS = 5000
PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)

RawElement = etree._Element


class Element:
    """An element of the standard's vocabulary, whichever of its namespaces the file uses.

    ``prefix`` is ``{namespace}``, as lxml puts it before a name. Children are looked at once and found by
    name from then on: a receipt is asked for some hundred of them.
    """

    __slots__ = ("_children", "_prefix", "raw")

    def __init__(self, raw: RawElement, prefix: str) -> None:
        self.raw = raw
        self._prefix = prefix
        self._children: dict[str, list[Element]] | None = None

    @property
    def name(self) -> str:
        return str(self.raw.tag)[len(self._prefix) :]

    def children(self, name: str) -> Sequence["Element"]:
        """Children of the standard with this name; vendors' are skipped."""
        if self._children is None:
            self._children = self._by_name()
        return self._children.get(name, ())

    def _by_name(self) -> dict[str, list["Element"]]:
        prefix, found = self._prefix, dict[str, list[Element]]()
        for child in self.raw:
            tag = child.tag
            if isinstance(tag, str) and tag.startswith(prefix):
                found.setdefault(tag[len(prefix) :], []).append(Element(child, prefix))
        return found

    def child(self, *names: str) -> "Element | None":
        """The first child with the first of these names that there is."""
        return next((found[0] for name in names if (found := self.children(name))), None)

    def at(self, path: str) -> "Element | None":
        """The first element at ``BusinessUnit/UnitID``."""
        found: Element | None = self
        for name in path.split("/"):
            found = found.child(name) if found else None
        return found

    def text(self, path: str = "") -> str:
        found = self.at(path) if path else self
        return (found.raw.text or "").strip() if found else ""

    def attribute(self, name: str) -> str:
        return str(self.raw.get(name) or "").strip()

    def vendor_text(self, name: str) -> str:
        """The text of a vendor's child, whatever its namespace."""
        for child in self.raw:
            if isinstance(child.tag, str) and child.tag.endswith("}" + name):
                return (child.text or "").strip()
        return ""

    def vendor_attribute(self, name: str) -> str:
        return next((str(value) for key, value in self.raw.items() if str(key).endswith("}" + name)), "")


def transactions_of(body: bytes) -> list[Element]:
    """The transactions of a whole file, or of a document that is one transaction.

    Nothing outside the document is read, no entity is expanded, and a document type is refused: the standard
    has none, and attacks have. Depth is bounded by the parser. Raises `Unreadable`.
    """
    root = parsed(body)
    prefix = prefix_of(root)
    name = str(root.tag)[len(prefix) :]
    if name == "Transaction":
        return [Element(root, prefix)]
    if name != "POSLog":
        raise refused("POSLog", "must be the outermost element")
    found = list(Element(root, prefix).children("Transaction"))
    if len(found) > MOST_TRANSACTIONS:
        raise refused("POSLog", f"has more than {MOST_TRANSACTIONS} transactions")
    return found


def parsed(body: bytes) -> RawElement:
    prolog = PROLOG.match(body)
    if body[prolog.end() if prolog else 0 :].startswith(b"<!DOCTYPE"):
        raise refused("DOCTYPE", "must not be there")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_blank_text=True,
        remove_comments=True,
        remove_pis=True,
        huge_tree=False,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise refused("", f"must be whole XML: line {error.lineno or 1}") from None
    # An encoding that hides the document type from a look at the bytes does not hide it from the parser.
    if root.getroottree().docinfo.internalDTD is not None:
        raise refused("DOCTYPE", "must not be there")
    return root


def prefix_of(root: RawElement) -> str:
    namespace = etree.QName(root).namespace or ""
    if namespace not in NAMESPACES:
        raise refused("POSLog", "must be in a namespace of IXRetail")
    return f"{{{namespace}}}"


def canonical(transaction: Element) -> bytes:
    """One transaction as a document of its own: the same bytes wherever it stands (exclusive C14N)."""
    return etree.tostring(transaction.raw, method="c14n", exclusive=True, with_tail=False)


def refused(field: str, rule: str) -> Unreadable:
    return Unreadable([Problem(field, rule)])

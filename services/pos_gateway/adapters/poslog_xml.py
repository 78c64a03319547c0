"""POSLog files as XML: parsed without trust, taken apart into transactions, read by name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the standard's vocabulary, whichever of its namespaces the file uses."""

    raw: RawElement
    prefix: str
    """``{namespace}``, as lxml puts it before a name."""

    @property
    def name(self) -> str:
        return str(self.raw.tag)[len(self.prefix) :]

    def children(self, *names: str) -> Iterator["Element"]:
        """Children of the standard with one of these names, or all of them; vendors' are skipped."""
        wanted = {self.prefix + name for name in names}
        for child in self.raw:
            tag = child.tag
            if tag in wanted or (not wanted and isinstance(tag, str) and tag.startswith(self.prefix)):
                yield Element(child, self.prefix)

    def child(self, *names: str) -> "Element | None":
        return next(self.children(*names), None)

    def at(self, path: str) -> "Element | None":
        """The first element at ``BusinessUnit/UnitID``."""
        found = self.raw.find("/".join(self.prefix + name for name in path.split("/")))
        return None if found is None else Element(found, self.prefix)

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

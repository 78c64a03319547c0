"""Building POSLog elements without losing a namespace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

IXRETAIL = "http://www.nrf-arts.org/IXRetail/namespace/"
"""Used by 2.x files and by many 6.0 ones."""
POSLOG_6 = "http://www.nrf-arts.org/IXRetail/v6.0.0/poslog"
FUTURA = "http://www.futura4retail.com/pos/namespace/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Writer:
    """Adds elements of one namespace; vendor elements name theirs."""

    namespace: str

    def document(self, prefixes: Mapping[str, str]) -> Element:
        """An empty POSLog 6.0.0."""
        names: dict[Any, str] = {None: self.namespace, "xsi": XSI, **prefixes}
        root = etree.Element(f"{{{self.namespace}}}POSLog", nsmap=names)
        root.set(f"{{{XSI}}}schemaLocation", f"{self.namespace} ../POSLogV6.0.0.xsd")
        for name, value in (("MajorVersion", "6"), ("MinorVersion", "0"), ("FixVersion", "0")):
            root.set(name, value)
        return root

    def add(
        self, parent: Element, tag: str, text: str | None = None, /, *, vendor: str = "", **attributes: str
    ) -> Element:
        element = etree.SubElement(parent, f"{{{vendor or self.namespace}}}{tag}", attributes)
        element.text = text
        return element


def serialised(root: Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)

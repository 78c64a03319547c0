"""An order as a gateway hands it over, and whether it can be an order at all."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha1
from typing import NamedTuple
from uuid import UUID

from services.order.domain.kinds import OrderKind
from services.order.domain.refusals import CurrencyMixed, DuplicateLine

ORDERS = UUID("5d2a1f7e-3c0b-5b7d-9a41-6b1f0c9e8d21")
"""Namespace of order ids."""
VARIANTS = "89ab"


class Line(NamedTuple):
    """One line; amounts in micros of the order's currency, ``milli`` thousandths of ``unit``.

    ``total`` is quantity times ``price`` less ``discount``. A tuple, for thousands are made each second.
    """

    line_id: str
    sku: str
    milli: int
    unit: int
    price: int
    discount: int
    total: int
    stocked: bool


class NewOrder(NamedTuple):
    """An order to place. ``document`` is all of it, in the channel gateway's words, opaque in here."""

    order_id: str
    channel: str
    channel_order_id: str
    customer_id: str
    kind: OrderKind
    placed_at: datetime
    channel_version: datetime | None
    currency: str
    currencies: frozenset[str]
    """Currencies of all its amounts."""
    region: str
    location_id: str
    lines: Sequence[Line]
    shipping: int
    tax: int
    tax_included: bool
    total: int
    tendered: int
    paid: bool
    test: bool
    cancelled: bool
    document: bytes
    digest: bytes
    """Of the whole document: equal digests mean equal content."""


def order_id_of(channel: str, channel_order_id: str) -> str:
    """The canonical id: a retry from anywhere makes the same one. A channel's name has no line break.

    It is ``uuid5(ORDERS, name)`` as text (RFC 9562), a third as quick: each order pays for it.
    """
    name = f"{channel}\n{channel_order_id}".encode()
    it = sha1(ORDERS.bytes + name, usedforsecurity=False).hexdigest()
    return f"{it[:8]}-{it[8:12]}-5{it[13:16]}-{VARIANTS[int(it[16], 16) & 3]}{it[17:20]}-{it[20:32]}"


def refuse_malformed(order: NewOrder) -> None:
    """Raises `DuplicateLine`, `CurrencyMixed`: no such order can be recorded, not even on hold."""
    ids = [line.line_id for line in order.lines]
    if len(set(ids)) < len(ids):
        twice = next(line_id for position, line_id in enumerate(ids) if line_id in ids[:position])
        raise DuplicateLine(f"line {twice} stands twice", field="order.lines", line_id=twice)
    if not order.currencies <= {order.currency}:
        other = min(order.currencies - {order.currency})
        raise CurrencyMixed(f"{other} in an order in {order.currency}", field="order.currency")


def paid_amount_of(order: NewOrder) -> int:
    """Micros paid. A till is always paid; a channel that calls an order paid may not list its payments."""
    paid = order.paid or order.kind == OrderKind.TILL_SALE
    return max(order.tendered, order.total if paid else 0)

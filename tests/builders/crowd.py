"""A crowd of customers that goes on buying whatever happens to the mesh, and what must be true afterwards."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import aiohttp

from libs.stack import Mesh
from retailmesh.order.v1 import order_pb2
from tests.builders.polling import poll_until
from tests.builders.quiet import broken_invariants, rows, until_quiet
from tests.builders.retailer import CHANNEL, STORE, WAREHOUSE, Retailer
from tests.builders.shopify import LATER, LATEST, a_parcel, a_refund, an_order
from tests.builders.till_files import a_file, a_sale, order_name

AT_ONCE = 8
SKU = "SKU-1"
CONFIRMED = order_pb2.ORDER_STATE_CONFIRMED
COMPLETED = order_pb2.ORDER_STATE_COMPLETED
CANCELLED = order_pb2.ORDER_STATE_CANCELLED


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a purchase of two pieces: the messages about it, and what they add up to."""

    name: str
    state: int
    net: Decimal
    """What the ERP must have of it in the end: sale less what was taken back."""
    reserved: int = 0
    taken: int = 0
    """Pieces that left the shelf and did not come back."""


FATES = (
    Fate("kept", CONFIRMED, Decimal("31.50"), reserved=2),
    Fate("sent", COMPLETED, Decimal("31.50"), taken=2),
    Fate("refunded", COMPLETED, Decimal("18.25"), taken=1),
    Fate("cancelled", CANCELLED, Decimal("0")),
    Fate("till", COMPLETED, Decimal("25.00"), taken=2),
)


@dataclass(frozen=True, slots=True)
class Purchase:
    """``number`` tells it from all others; fates take turns."""

    number: int

    @property
    def fate(self) -> Fate:
        return FATES[self.number % len(FATES)]

    @property
    def name(self) -> tuple[str, str]:
        """Channel and channel order id."""
        return order_name(self.number) if self.fate.name == "till" else (CHANNEL, str(self.number))

    @property
    def place(self) -> str:
        return STORE if self.fate.name == "till" else WAREHOUSE

    def messages(self) -> Iterator[tuple[str, Mapping[str, Any], str]]:
        """Topic, content and event id of each webhook, in the order in which the storefront sends them."""
        number, fate = self.number, self.fate.name
        yield "orders/create", an_order(number), f"{number} created"
        sent = an_order(number, updated_at=LATER, fulfillments=[a_parcel(number, order=number)])
        if fate in ("sent", "refunded"):
            yield "orders/updated", sent, f"{number} sent"
        if fate == "refunded":
            yield "refunds/create", a_refund(number, order=number), f"{number} refunded"
        if fate == "cancelled":
            gone = an_order(number, updated_at=LATEST, cancelled_at=LATEST, cancel_reason="customer")
            yield "orders/cancelled", gone, f"{number} cancelled"


class Crowd:
    """Purchases ``first`` to ``first + count - 1``; every sender repeats what was not taken."""

    def __init__(self, retailer: Retailer, first: int, count: int) -> None:
        self.retailer = retailer
        self.purchases = [Purchase(number) for number in range(first, first + count)]
        self.done = 0

    async def buy(self) -> None:
        """Returns when everything was taken."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(purchase: Purchase) -> None:
            async with slots:
                await self._send(purchase)
                self.done += 1

        await asyncio.gather(*map(one, self.purchases))

    async def until_done(self, share: float) -> None:
        """Wait until that share of the purchases was taken."""
        await poll_until(lambda: self.done >= share * len(self.purchases), 60)

    async def _send(self, purchase: Purchase) -> None:
        if purchase.fate.name == "till":
            await self._send_file(a_file(a_sale(purchase.number, sku=SKU)))
            return
        for topic, content, event in purchase.messages():
            await self.retailer.webhook_until_taken(topic, content, event=event)

    async def _send_file(self, body: bytes) -> None:
        async def taken() -> bool:
            try:
                status, _ = await self.retailer.till_file(body)
            except (aiohttp.ClientError, TimeoutError, ConnectionError):
                return False
            return status in (200, 202)

        await poll_until(taken, 60)


# ---- afterwards

ORDERS = """
    select channel, channel_order_id, cast(order_id as text) as order_id, state from orders
    where channel_order_id = any($1::text[])
"""
UNSETTLED = "select count(*) as messages from raw_messages where state in ('received', 'waiting')"
SET_ASIDE = "select topic, reason, problems from raw_messages where state = 'quarantined'"
STOCK = "select location_id, on_hand, reserved from levels where sku = $1"

Stock = dict[str, tuple[int, int]]
"""Pieces on hand and reserved by location."""


async def stock(mesh: Mesh) -> Stock:
    found = await rows(mesh, "inventory", STOCK, SKU)
    return {it["location_id"]: (it["on_hand"] // 1000, it["reserved"] // 1000) for it in found}


async def nothing_waits(mesh: Mesh) -> bool:
    for gateway in ("channel_gateway", "pos_gateway"):
        if (await rows(mesh, gateway, UNSETTLED))[0]["messages"]:
            return False
    return True


async def assert_nothing_was_lost_or_doubled(mesh: Mesh, crowd: Crowd, before: Stock) -> None:
    """Once all is quiet, every system has each purchase once, and what became of it."""
    await poll_until(lambda: nothing_waits(mesh), 45)
    await until_quiet(mesh)
    assert await broken_invariants(mesh) == {}
    for gateway in ("channel_gateway", "pos_gateway"):
        assert await rows(mesh, gateway, SET_ASIDE) == []
    order_ids = await placed(mesh, crowd.purchases)
    assert await stock(mesh) == stock_after(before, crowd.purchases)
    await assert_posted_once(crowd.retailer, crowd.purchases, order_ids)


async def placed(mesh: Mesh, purchases: Sequence[Purchase]) -> dict[tuple[str, str], str]:
    """The order of each purchase, which is there once and in its final state."""
    names = [purchase.name[1] for purchase in purchases]
    found = await rows(mesh, "order", ORDERS, names)
    states = {(it["channel"], it["channel_order_id"]): it["state"] for it in found}
    assert len(states) == len(found)
    assert states == {purchase.name: purchase.fate.state for purchase in purchases}
    return {(it["channel"], it["channel_order_id"]): it["order_id"] for it in found}


def stock_after(before: Stock, purchases: Sequence[Purchase]) -> Stock:
    taken: Counter[str] = Counter()
    reserved: Counter[str] = Counter()
    for purchase in purchases:
        taken[purchase.place] += purchase.fate.taken
        reserved[purchase.place] += purchase.fate.reserved
    return {place: (has - taken[place], kept + reserved[place]) for place, (has, kept) in before.items()}


async def assert_posted_once(
    retailer: Retailer, purchases: Sequence[Purchase], order_ids: Mapping[tuple[str, str], str]
) -> None:
    """In the ERP's own books: no key twice, and each order's documents add up to what is left of it."""
    assert (await retailer.erp("stats"))["doubled"] == []
    net: dict[str, Decimal] = dict.fromkeys(order_ids.values(), Decimal(0))
    for kind, sign in (("orders", 1), ("credit-notes", -1)):
        for document in await retailer.erp_documents(kind):
            order_id = next((it for it in net if it in document["external_key"]), "")
            if order_id:
                net[order_id] += sign * Decimal(document["sums"]["total"])
    assert net == {order_ids[purchase.name]: purchase.fate.net for purchase in purchases}

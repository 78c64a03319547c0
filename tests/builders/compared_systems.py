"""What reconciliation reads: storefront, tills, mesh and ERP that agree unless a test makes them differ."""

from libs.money import Money
from services.reconciliation.application.ports import Journal, MeshOrders, TillReceipts
from services.reconciliation.domain.documents import (
    ErpDocument,
    MeshDocument,
    PostedDocument,
    Promise,
    SourceDocument,
    Standing,
)
from services.reconciliation.domain.refusals import SystemUnreadable


def usd(text):
    return Money.parse(text, "USD")


def source(key, total="10.00", refunded=None):
    return SourceDocument(key, usd(total), None if refunded is None else usd(refunded))


def in_mesh(key, total="10.00", refunded="0.00"):
    return MeshDocument(key, f"order of {key}", usd(total), usd(refunded), Standing.STANDS, posted=True)


def posting(of, amount="10.00", key=""):
    return PostedDocument(key or f"S-{of}", f"order of {of}", usd(amount), ended=True, skipped=False)


class ComparedSystems:
    """One storefront order, one till sale and one return, everywhere the same; parts may be replaced."""

    def __init__(self):
        self.storefront = [source("shop/1", refunded="0.00")]
        self.written = Journal(sales=[source("till/1", "5.00")], returns=[source("till/2", "-2.00")])
        self.taken_over = TillReceipts(
            sales=[in_mesh("till/1", "5.00")], returns=[in_mesh("till/2", "-2.00")]
        )
        self.mesh = MeshOrders([in_mesh("shop/1")], [in_mesh("till/1", "5.00", "2.00")], [])
        self.posted = [
            posting("shop/1"),
            posting("till/1", "5.00"),
            posting("till/1", "-2.00", key="R-till/2"),
        ]
        self.promises = [Promise("order of shop/1", "1", "W01", 1000)]
        self.reservations = list(self.promises)
        self.unreadable = ""
        self.reads = 0

    def read(self, system):
        self.reads += 1
        if self.unreadable == system:
            raise SystemUnreadable(f"{system} could not be read", retry_after_seconds=5.0, system=system)

    async def storefront_orders(self, start, end):
        self.read("storefront")
        return self.storefront

    async def journal(self, business_date):
        self.read("till journal")
        return self.written

    async def till_receipts(self, business_date):
        self.read("pos_gateway")
        return self.taken_over

    async def orders(self, start, end):
        self.read("order")
        return self.mesh

    async def postings(self):
        self.read("erp_gateway")
        return self.posted

    async def erp_documents(self):
        self.read("erp")
        return [ErpDocument(f"D-{it.external_key}", it.external_key, it.amount) for it in self.posted]

    async def promised(self, order_ids):
        return self.promises

    async def reserved(self, order_ids):
        self.read("inventory")
        return self.reservations

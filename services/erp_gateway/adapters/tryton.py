"""A real ERP: Tryton 8.2, spoken to over JSON-RPC.

What keeps documents single is Tryton's own where it can be: the codes of parties and products and the web ids
of a shop are unique in its database, and a sale's states let nothing happen twice. Payments have no such key;
they are looked up by their description.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from services.erp_gateway.adapters.audited_http import READING, purpose_of
from services.erp_gateway.adapters.tryton_rpc import Seed, TrytonRpc, UserError, decimal_of, search_read
from services.erp_gateway.adapters.tryton_sales import BOOKED, money
from services.erp_gateway.adapters.tryton_steps import (
    CustomerStep,
    HeaderStep,
    InvoiceStep,
    ItemsStep,
    PaymentStep,
    TrytonStep,
)
from services.erp_gateway.application.ports import (
    ErpDocument,
    ErpDocumentPage,
    Note,
    StepNotDone,
    StepRefused,
    StepUnknown,
)
from services.erp_gateway.domain.facts import FactKind
from services.erp_gateway.domain.postings import Posting, Step, StepKind
from services.erp_gateway.domain.refusals import ErpUnreachable

REPEATABLE = timedelta(seconds=1)
"""Every step but the payment may be done again while an earlier try still runs: the second is refused."""
DOCUMENT_FIELDS = (
    "web_id",
    "currency",
    "total_amount",
    "lines",
    "invoices.state",
    "invoices.total_amount",
    "invoices.amount_to_pay",
)


class TrytonErp:
    """The `Erp` port. Credit notes and cancellations are sales of negative quantities."""

    name = "tryton"

    def __init__(self, rpc: TrytonRpc, seed: Seed, longest: timedelta, settle: timedelta) -> None:
        self._rpc = rpc
        self._seed = seed
        self.longest = longest
        self._settle = settle
        # Invoices and payments take numbers from gapless sequences: two at once only wait for each other.
        booking = asyncio.Lock()
        self._steps: Mapping[StepKind, TrytonStep] = {
            StepKind.CUSTOMER: CustomerStep(rpc),
            StepKind.ITEMS: ItemsStep(rpc, seed),
            StepKind.HEADER: HeaderStep(rpc, seed),
            StepKind.INVOICE: InvoiceStep(rpc, seed, booking),
            StepKind.PAYMENT: PaymentStep(rpc, seed, booking),
        }

    def steps_of(self, kind: FactKind) -> Sequence[StepKind]:
        return list(self._steps)

    def settles_in(self, kind: StepKind) -> timedelta:
        return self._settle if kind is StepKind.PAYMENT else REPEATABLE

    async def look_up(self, posting: Posting, step: Step, note: Note) -> str | None:
        try:
            return await self._steps[step.kind].look_up(posting, purpose_of(posting, step, note))
        except UserError as refused:
            raise StepNotDone(without_names(str(refused), posting)) from refused

    async def perform(self, posting: Posting, step: Step, note: Note) -> str:
        purpose = purpose_of(posting, step, note)
        try:
            return await self._steps[step.kind].perform(posting, purpose)
        except UserError as refused:
            # Refused because it is there already? Only reading back tells.
            found = await self._steps[step.kind].look_up(posting, purpose)
            if found is None:
                raise StepRefused(without_names(str(refused), posting)) from refused
            return found

    async def documents(self, page_size: int, page_token: str) -> ErpDocumentPage:
        wanted = [["web_shop", "=", self._seed.web_shop], ["id", ">", int(page_token or 0)]]
        fields = list(DOCUMENT_FIELDS)
        try:
            rows = await search_read(self._rpc, READING, "sale.sale", wanted, fields, page_size)
        except (UserError, StepRefused, StepNotDone, StepUnknown) as error:
            raise ErpUnreachable(f"the ERP answered: {error}", retry_after_seconds=1.0) from error
        codes = {number: code for code, number in self._seed.currencies.items()}
        token = str(rows[-1]["id"]) if len(rows) == page_size else ""
        return ErpDocumentPage([erp_document(row, codes[row["currency"]]) for row in rows], token)


def without_names(message: str, posting: Posting) -> str:
    name = posting.fact.customer_name
    return message.replace(name, "…") if name else message


def erp_document(row: Mapping[str, Any], currency: str) -> ErpDocument:
    """The invoice's total where there is one: the sale's own lacks the tax."""
    total, paid = decimal_of(row["total_amount"]), Decimal(0)
    for invoice in row["invoices."]:
        if invoice["state"] != "cancelled":
            total = decimal_of(invoice["total_amount"])
        if invoice["state"] in BOOKED:
            paid = total - decimal_of(invoice["amount_to_pay"])
    return ErpDocument(
        document_id=str(row["id"]),
        external_key=row["web_id"] or "",
        amount=money(total, currency),
        paid=money(paid, currency),
        lines=len(row["lines"]),
    )

"""A real ERP: Tryton 8.2, spoken to over JSON-RPC.

What keeps documents single is Tryton's own where it can be: the codes of parties and products and the web ids
of a shop are unique in its database, and a sale's states let nothing happen twice. Payments have no such key;
they are looked up by their description.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from services.erp_gateway.adapters.audited_http import READING, Purpose, purpose_of
from services.erp_gateway.adapters.tryton_rpc import Seed, TrytonRpc, UserError, decimal_of, decimal_value
from services.erp_gateway.adapters.tryton_sales import (
    SALE_FIELDS,
    Move,
    Product,
    Sale,
    amounts_by_means,
    money,
    next_move,
    payable,
    rounding_values,
    sale_of,
    sale_total,
    sale_values,
    tax_values,
    template_values,
    titles_of,
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

STEPS = (StepKind.CUSTOMER, StepKind.ITEMS, StepKind.HEADER, StepKind.INVOICE, StepKind.PAYMENT)
BUTTONS = {Move.QUOTE: "quote", Move.CONFIRM: "confirm", Move.PROCESS: "process"}
MOST_MOVES = 10
"""From draft to a booked invoice it takes five; more are needed when others work on the same sale."""
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
BOOKED = ("posted", "paid")


class TrytonErp:
    """The `Erp` port. Credit notes and cancellations are sales of negative quantities."""

    name = "tryton"

    def __init__(self, rpc: TrytonRpc, seed: Seed, longest: timedelta, settle: timedelta) -> None:
        self._rpc = rpc
        self._seed = seed
        self.longest = longest
        self._settle = settle
        # Invoices and payments take numbers from gapless sequences: two at once only wait for each other.
        self._booking = asyncio.Lock()
        self._look_ups = {
            StepKind.CUSTOMER: self._party,
            StepKind.ITEMS: self._items,
            StepKind.HEADER: self._header,
            StepKind.INVOICE: self._invoice,
            StepKind.PAYMENT: self._payment,
        }
        self._performances = {
            StepKind.CUSTOMER: self._open_account,
            StepKind.ITEMS: self._add_items,
            StepKind.HEADER: self._add_sale,
            StepKind.INVOICE: self._book_invoice,
            StepKind.PAYMENT: self._book_payments,
        }

    def steps_of(self, kind: FactKind) -> Sequence[StepKind]:
        return STEPS

    def settles_in(self, kind: StepKind) -> timedelta:
        return self._settle if kind is StepKind.PAYMENT else REPEATABLE

    async def look_up(self, posting: Posting, step: Step, note: Note) -> str | None:
        try:
            return await self._look_ups[step.kind](posting, purpose_of(posting, step, note))
        except UserError as refused:
            raise StepNotDone(without_names(str(refused), posting)) from refused

    async def perform(self, posting: Posting, step: Step, note: Note) -> str:
        purpose = purpose_of(posting, step, note)
        try:
            return await self._performances[step.kind](posting, purpose)
        except UserError as refused:
            # Refused because it is there already? Only reading back tells.
            found = await self._look_ups[step.kind](posting, purpose)
            if found is None:
                raise StepRefused(without_names(str(refused), posting)) from refused
            return found

    # ---- customer

    async def _party(self, posting: Posting, purpose: Purpose) -> str | None:
        wanted = [["code", "=", posting.fact.customer_key]]
        found = await self._read(purpose, "party.party", wanted, ["addresses"])
        return f"{found[0]['id']}/{found[0]['addresses'][0]}" if found else None

    async def _open_account(self, posting: Posting, purpose: Purpose) -> str:
        fact = posting.fact
        values = {"name": fact.customer_title, "code": fact.customer_key, "addresses": [["create", [{}]]]}
        await self._rpc.call(purpose, "model.party.party.create", [values])
        return await self._there(self._party(posting, purpose))

    # ---- items

    async def _items(self, posting: Posting, purpose: Purpose) -> str | None:
        titles = titles_of(posting.fact)
        products = await self._products(posting, purpose)
        if titles.keys() - products.keys():
            return None
        return f"{len(products)} products"

    async def _products(self, posting: Posting, purpose: Purpose) -> Mapping[str, Product]:
        titles = titles_of(posting.fact)
        if not titles:
            return {}
        wanted = [["code", "in", sorted(titles)]]
        found = await self._read(purpose, "product.product", wanted, ["code", "sale_uom"], len(titles))
        return {row["code"]: Product(row["id"], row["sale_uom"]) for row in found}

    async def _add_items(self, posting: Posting, purpose: Purpose) -> str:
        known = await self._products(posting, purpose)
        titles = titles_of(posting.fact)
        missing = [template_values(sku, titles[sku], self._seed) for sku in titles if sku not in known]
        if missing:
            try:
                await self._rpc.call(purpose, "model.product.template.create", missing)
            except UserError as refused:
                if (await self._products(posting, purpose)).keys() == known.keys():
                    raise
                # Another posting was quicker with one of them; the rest is added by the next try.
                raise StepNotDone(str(refused)) from refused
        return await self._there(self._items(posting, purpose))

    # ---- sale

    async def _header(self, posting: Posting, purpose: Purpose) -> str | None:
        return await self._sale_id(purpose, posting.fact.external_key)

    async def _sale_id(self, purpose: Purpose, external_key: str) -> str | None:
        wanted = [["web_shop", "=", self._seed.web_shop], ["web_id", "=", external_key]]
        found = await self._rpc.call(purpose, "model.sale.sale.search", wanted, 0, 1, None)
        return str(found[0]) if found else None

    async def _add_sale(self, posting: Posting, purpose: Purpose) -> str:
        fact = posting.fact
        origin = await self._sale_id(purpose, fact.origin_key) if fact.origin_key else None
        products = await self._products(posting, purpose)
        party = posting.document_of(StepKind.CUSTOMER)
        values = sale_values(fact, self._seed, party, products, f"sale.sale,{origin}" if origin else "")
        (sale_id,) = await self._rpc.call(purpose, "model.sale.sale.create", [values])
        return str(sale_id)

    # ---- invoice

    async def _invoice(self, posting: Posting, purpose: Purpose) -> str | None:
        sale = await self._sale(posting, purpose)
        booked = sale.invoice is not None and sale.invoice.state in BOOKED
        return str(sale.invoice.invoice_id) if sale.invoice and booked else None

    async def _sale(self, posting: Posting, purpose: Purpose) -> Sale:
        sale_id = int(posting.document_of(StepKind.HEADER))
        rows = await self._rpc.call(purpose, "model.sale.sale.read", [sale_id], list(SALE_FIELDS))
        return sale_of(rows[0])

    async def _book_invoice(self, posting: Posting, purpose: Purpose) -> str:
        """Read the state, make the move that it asks for, and read again: after any interruption too."""
        refused: tuple[Move, UserError] | None = None
        for _ in range(MOST_MOVES):
            sale = await self._sale(posting, purpose)
            move = next_move(sale, posting.fact)
            if move is Move.NOTHING and sale.invoice is not None:
                return str(sale.invoice.invoice_id)
            if refused and refused[0] is move:
                raise refused[1]
            try:
                await self._make(move, sale, posting, purpose)
            except UserError as error:
                # An earlier try may have made the move meanwhile.
                refused = move, error
        raise StepUnknown("others keep changing the sale", settled=True)

    async def _make(self, move: Move, sale: Sale, posting: Posting, purpose: Purpose) -> None:
        if move in BUTTONS:
            await self._rpc.call(purpose, f"model.sale.sale.{BUTTONS[move]}", [sale.sale_id])
        elif move is Move.ADJUST:
            line = rounding_values(sale_total(posting.fact) - sale.total)
            change = {"lines": [["create", [line]]]}
            await self._rpc.call(purpose, "model.sale.sale.write", [sale.sale_id], change)
        elif sale.invoice is not None:
            invoice_id = sale.invoice.invoice_id
            if move is Move.SET_TAX:
                change = {"taxes": tax_values(sale.invoice, posting.fact, self._seed)}
                await self._rpc.call(purpose, "model.account.invoice.write", [invoice_id], change)
            else:
                async with self._booking:
                    await self._rpc.call(purpose, "model.account.invoice.post", [invoice_id])

    # ---- payment

    async def _payment(self, posting: Posting, purpose: Purpose) -> str | None:
        booked = await self._booked_payments(posting, purpose)
        missing = amounts_by_means(posting.fact).keys() - booked.keys()
        return None if missing else document_of(posting, booked)

    async def _booked_payments(self, posting: Posting, purpose: Purpose) -> dict[str, int]:
        """Move by means."""
        keys = {payment_key(posting, means): means for means in amounts_by_means(posting.fact)}
        if not keys:
            return {}
        invoice = f"account.invoice,{posting.document_of(StepKind.INVOICE)}"
        wanted = [["origin", "=", invoice], ["description", "in", sorted(keys)]]
        found = await self._read(purpose, "account.move", wanted, ["description"], len(keys))
        return {keys[row["description"]]: row["id"] for row in found}

    async def _book_payments(self, posting: Posting, purpose: Purpose) -> str:
        booked = await self._booked_payments(posting, purpose)
        async with self._booking:
            for means, amount in amounts_by_means(posting.fact).items():
                if means not in booked:
                    await self._pay(posting, purpose, means, amount)
        return document_of(posting, await self._booked_payments(posting, purpose))

    async def _pay(self, posting: Posting, purpose: Purpose, means: str, amount: Any) -> None:
        """The pay wizard: its defaults, the amount, and that a part of it is meant to be a part."""
        wizard = "wizard.account.invoice.pay"
        invoice_id = int(posting.document_of(StepKind.INVOICE))
        context = {"active_model": "account.invoice", "active_id": invoice_id, "active_ids": [invoice_id]}
        session_id, *_ = await self._rpc.call(purpose, f"{wizard}.create")
        started = await self._rpc.call(purpose, f"{wizard}.execute", session_id, {}, "start", context=context)
        defaults = plain(started["view"]["defaults"])
        part = payable(amount, decimal_of(defaults["amount"]))
        start = defaults | {
            "amount": decimal_value(part),
            "payment_method": self._seed.payment_methods[means],
            "description": payment_key(posting, means),
        }
        if part:
            asked = await self._rpc.call(
                purpose, f"{wizard}.execute", session_id, {"start": start}, "choice", context=context
            )
            if "view" in asked:
                ask = plain(asked["view"]["defaults"]) | {"type": "partial"}
                form = {"start": start, "ask": ask}
                await self._rpc.call(purpose, f"{wizard}.execute", session_id, form, "pay", context=context)
        await self._rpc.call(purpose, f"{wizard}.delete", session_id)

    # ---- reading

    async def documents(self, page_size: int, page_token: str) -> ErpDocumentPage:
        wanted = [["web_shop", "=", self._seed.web_shop], ["id", ">", int(page_token or 0)]]
        try:
            rows = await self._read(READING, "sale.sale", wanted, list(DOCUMENT_FIELDS), page_size)
        except (UserError, StepRefused, StepNotDone, StepUnknown) as error:
            raise ErpUnreachable(f"the ERP answered: {error}", retry_after_seconds=1.0) from error
        codes = {number: code for code, number in self._seed.currencies.items()}
        token = str(rows[-1]["id"]) if len(rows) == page_size else ""
        return ErpDocumentPage([erp_document(row, codes[row["currency"]]) for row in rows], token)

    async def _read(
        self, purpose: Purpose, model: str, domain: list[Any], fields: list[str], limit: int = 1
    ) -> list[dict[str, Any]]:
        order = [["id", "ASC"]]
        rows: list[dict[str, Any]] = await self._rpc.call(
            purpose, f"model.{model}.search_read", domain, 0, limit, order, fields
        )
        return rows

    @staticmethod
    async def _there(looking_up: Any) -> str:
        """What was just made, as a look-up finds it."""
        found: str | None = await looking_up
        if found is None:
            raise StepUnknown("made, and not to be found", settled=True)
        return found


def payment_key(posting: Posting, means: str) -> str:
    return f"{posting.fact.external_key}/payment/{means}"


def document_of(posting: Posting, booked: Mapping[str, int]) -> str:
    """The payments' entries; the invoice where nothing was paid, or nothing was left to pay."""
    return ",".join(map(str, booked.values())) or posting.document_of(StepKind.INVOICE)


def plain(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Without the related records that come beside the values."""
    return {name: value for name, value in defaults.items() if not name.endswith(".")}


def without_names(message: str, posting: Posting) -> str:
    name = posting.fact.customer_name
    return message.replace(name, "…") if name else message


def erp_document(row: Mapping[str, Any], currency: str) -> ErpDocument:
    """The invoice's total where there is one: the sale's own lacks the tax."""
    sale = sale_of({**row, "state": "", "invoices.": [{**it, "taxes": []} for it in row["invoices."]]})
    invoice = sale.invoice
    paid = money(invoice.total - invoice.to_pay, currency) if invoice and invoice.state in BOOKED else None
    return ErpDocument(
        document_id=str(sale.sale_id),
        external_key=row["web_id"] or "",
        amount=money(invoice.total if invoice else sale.total, currency),
        paid=paid or money(sale.total * 0, currency),
        lines=len(row["lines"]),
    )

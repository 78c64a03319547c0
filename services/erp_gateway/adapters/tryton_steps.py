"""The steps of a posting in Tryton: how each is found, and how it is done."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Protocol

from services.erp_gateway.adapters.audited_http import Purpose
from services.erp_gateway.adapters.tryton_rpc import (
    Seed,
    TrytonRpc,
    UserError,
    decimal_of,
    decimal_value,
    search_read,
)
from services.erp_gateway.adapters.tryton_sales import (
    BOOKED,
    SALE_FIELDS,
    Move,
    Product,
    Sale,
    amounts_by_means,
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
from services.erp_gateway.application.ports import StepNotDone, StepUnknown
from services.erp_gateway.domain.postings import Posting, StepKind

MOST_MOVES = 10
"""From draft to a booked invoice it takes five; more are needed when others work on the same sale."""
BUTTONS = {Move.QUOTE: "quote", Move.CONFIRM: "confirm", Move.PROCESS: "process"}
PAY = "wizard.account.invoice.pay"


class TrytonStep(Protocol):
    """One step. Both methods raise `UserError` beside what the `Erp` port says."""

    async def look_up(self, posting: Posting, purpose: Purpose) -> str | None: ...
    async def perform(self, posting: Posting, purpose: Purpose) -> str: ...


class CustomerStep:
    """A party under its code; the document is party and address."""

    def __init__(self, rpc: TrytonRpc) -> None:
        self._rpc = rpc

    async def look_up(self, posting: Posting, purpose: Purpose) -> str | None:
        wanted = [["code", "=", posting.fact.customer_key]]
        found = await search_read(self._rpc, purpose, "party.party", wanted, ["addresses"])
        return f"{found[0]['id']}/{found[0]['addresses'][0]}" if found else None

    async def perform(self, posting: Posting, purpose: Purpose) -> str:
        fact = posting.fact
        values = {"name": fact.customer_title, "code": fact.customer_key, "addresses": [["create", [{}]]]}
        await self._rpc.call(purpose, "model.party.party.create", [values])
        return there(await self.look_up(posting, purpose))


class ItemsStep:
    """A product for each SKU, under its code."""

    def __init__(self, rpc: TrytonRpc, seed: Seed) -> None:
        self._rpc = rpc
        self._seed = seed

    async def look_up(self, posting: Posting, purpose: Purpose) -> str | None:
        products = await products_of(self._rpc, posting, purpose)
        return None if titles_of(posting.fact).keys() - products.keys() else f"{len(products)} products"

    async def perform(self, posting: Posting, purpose: Purpose) -> str:
        known = await products_of(self._rpc, posting, purpose)
        titles = titles_of(posting.fact)
        missing = [template_values(sku, titles[sku], self._seed) for sku in titles if sku not in known]
        if missing:
            try:
                await self._rpc.call(purpose, "model.product.template.create", missing)
            except UserError as refused:
                if (await products_of(self._rpc, posting, purpose)).keys() == known.keys():
                    raise
                # Another posting was quicker with one of them; the rest is added by the next try.
                raise StepNotDone(str(refused)) from refused
        return there(await self.look_up(posting, purpose))


class HeaderStep:
    """A sale with its lines, under the shop's web id."""

    def __init__(self, rpc: TrytonRpc, seed: Seed) -> None:
        self._rpc = rpc
        self._seed = seed

    async def look_up(self, posting: Posting, purpose: Purpose) -> str | None:
        return await self._sale_id(purpose, posting.fact.external_key)

    async def perform(self, posting: Posting, purpose: Purpose) -> str:
        fact = posting.fact
        origin = await self._sale_id(purpose, fact.origin_key) if fact.origin_key else None
        products = await products_of(self._rpc, posting, purpose)
        party = posting.document_of(StepKind.CUSTOMER)
        values = sale_values(fact, self._seed, party, products, f"sale.sale,{origin}" if origin else "")
        (sale_id,) = await self._rpc.call(purpose, "model.sale.sale.create", [values])
        return str(sale_id)

    async def _sale_id(self, purpose: Purpose, external_key: str) -> str | None:
        wanted = [["web_shop", "=", self._seed.web_shop], ["web_id", "=", external_key]]
        found = await self._rpc.call(purpose, "model.sale.sale.search", wanted, 0, 1, None)
        return str(found[0]) if found else None


class InvoiceStep:
    """The sale moved on until its invoice is booked."""

    def __init__(self, rpc: TrytonRpc, seed: Seed, booking: asyncio.Lock) -> None:
        self._rpc = rpc
        self._seed = seed
        self._booking = booking

    async def look_up(self, posting: Posting, purpose: Purpose) -> str | None:
        invoice = (await self._sale(posting, purpose)).invoice
        return str(invoice.invoice_id) if invoice and invoice.state in BOOKED else None

    async def perform(self, posting: Posting, purpose: Purpose) -> str:
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

    async def _sale(self, posting: Posting, purpose: Purpose) -> Sale:
        sale_id = int(posting.document_of(StepKind.HEADER))
        rows = await self._rpc.call(purpose, "model.sale.sale.read", [sale_id], list(SALE_FIELDS))
        return sale_of(rows[0])

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


class PaymentStep:
    """An entry for each means of payment, told by its description."""

    def __init__(self, rpc: TrytonRpc, seed: Seed, booking: asyncio.Lock) -> None:
        self._rpc = rpc
        self._seed = seed
        self._booking = booking

    async def look_up(self, posting: Posting, purpose: Purpose) -> str | None:
        booked = await self._booked(posting, purpose)
        missing = amounts_by_means(posting.fact).keys() - booked.keys()
        return None if missing else document_of(posting, booked)

    async def perform(self, posting: Posting, purpose: Purpose) -> str:
        booked = await self._booked(posting, purpose)
        async with self._booking:
            for means, amount in amounts_by_means(posting.fact).items():
                if means not in booked:
                    await self._pay(posting, purpose, means, amount)
        return document_of(posting, await self._booked(posting, purpose))

    async def _booked(self, posting: Posting, purpose: Purpose) -> Mapping[str, int]:
        """Entry by means."""
        keys = {payment_key(posting, means): means for means in amounts_by_means(posting.fact)}
        if not keys:
            return {}
        invoice = f"account.invoice,{posting.document_of(StepKind.INVOICE)}"
        wanted = [["origin", "=", invoice], ["description", "in", sorted(keys)]]
        found = await search_read(self._rpc, purpose, "account.move", wanted, ["description"], len(keys))
        return {keys[row["description"]]: row["id"] for row in found}

    async def _pay(self, posting: Posting, purpose: Purpose, means: str, amount: Decimal) -> None:
        """The pay wizard: its defaults, the amount, and that a part of it is meant to be a part."""
        invoice_id = int(posting.document_of(StepKind.INVOICE))
        context = {"active_model": "account.invoice", "active_id": invoice_id, "active_ids": [invoice_id]}
        session_id, *_ = await self._rpc.call(purpose, f"{PAY}.create")

        async def execute(form: Mapping[str, Any], state: str) -> Any:
            return await self._rpc.call(purpose, f"{PAY}.execute", session_id, form, state, context=context)

        defaults = plain((await execute({}, "start"))["view"]["defaults"])
        if part := payable(amount, decimal_of(defaults["amount"])):
            start = defaults | {
                "amount": decimal_value(part),
                "payment_method": self._seed.payment_methods[means],
                "description": payment_key(posting, means),
            }
            asked = await execute({"start": start}, "choice")
            if "view" in asked:
                ask = plain(asked["view"]["defaults"]) | {"type": "partial"}
                await execute({"start": start, "ask": ask}, "pay")
        await self._rpc.call(purpose, f"{PAY}.delete", session_id)


async def products_of(rpc: TrytonRpc, posting: Posting, purpose: Purpose) -> Mapping[str, Product]:
    """The fact's products that the ERP has, by SKU."""
    titles = titles_of(posting.fact)
    if not titles:
        return {}
    wanted = [["code", "in", sorted(titles)]]
    found = await search_read(rpc, purpose, "product.product", wanted, ["code", "sale_uom"], len(titles))
    return {row["code"]: Product(row["id"], row["sale_uom"]) for row in found}


def there(found: str | None) -> str:
    """What was just made, as a look-up finds it."""
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

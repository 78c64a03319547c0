"""Tells the storefront's and the tills' own books of what they send."""

from dataclasses import dataclass

from services.sandbox.adapters.journal_store import SqliteJournal
from services.sandbox.adapters.shopify_order import order_body
from services.sandbox.adapters.shopify_values import dump
from services.sandbox.adapters.storefront_store import SqliteOrders
from services.sandbox.convert.truth import correction_entries, journal_entry
from services.sandbox.domain.messages import Defect, Message
from services.sandbox.domain.orders import OrderState
from services.sandbox.domain.receipts import CorrectionFile, TillFile

NOBODYS = frozenset({Defect.BAD_SIGNATURE, Defect.ENTITY_BOMB, Defect.NEGATIVE_PRICE, Defect.TRUNCATED_BODY})
"""Messages that no storefront and no till stands for; the intact ones beside them are booked."""


@dataclass(frozen=True, slots=True)
class Register:
    shop: str
    orders: SqliteOrders
    journal: SqliteJournal

    def __call__(self, message: Message) -> None:
        content = message.content
        if message.defect in NOBODYS:
            return
        if isinstance(content, OrderState):
            body = order_body(content, self.shop)
            self.orders.put(body, dump(body).decode())
        elif isinstance(content, TillFile):
            self.journal.put(map(journal_entry, content.receipts))
        elif isinstance(content, CorrectionFile):
            self.journal.put(correction_entries(content))

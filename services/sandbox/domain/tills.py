"""The tills' side of the day: receipts in the order of each till's numbering, and their hourly files."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.sandbox.domain.dice import Dice
from services.sandbox.domain.places import Places
from services.sandbox.domain.receipts import Original, Receipt, ReceiptKind, TillFile
from services.sandbox.domain.returns import StoreReturn
from services.sandbox.domain.tenders import refunded, tendered
from services.sandbox.domain.trade import Basket, Dataset

NO_SALE_SHARE = 60
"""Thousandths of receipts before which the drawer is opened without a sale."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that happens at a till; ``basket`` is what is sold or brought back."""

    at: datetime
    kind: ReceiptKind
    basket: Basket | None = None


@dataclass(frozen=True, slots=True)
class Tills:
    """Builds the day's receipts; the same dice give the same tills, numbers and tenders."""

    dice: Dice
    dataset: Dataset
    places: Places

    def receipts_of(self, sales: Sequence[Basket], returns: Sequence[StoreReturn]) -> list[Receipt]:
        """All receipts, till by till in the order of their sequence numbers."""
        receipts = [
            receipt
            for (store, till), turns in sorted(self._turns(sales, returns).items())
            for receipt in self._roll(store, till, self._with_control(till, turns))
        ]
        sold = {receipt.reference: receipt for receipt in receipts if receipt.kind is ReceiptKind.SALE}
        linked = {back.basket.basket_id for back in returns if back.with_receipt}
        return [
            replace(receipt, originals=originals(receipt, sold[receipt.reference]))
            if receipt.kind is ReceiptKind.RETURN and receipt.reference in linked
            else receipt
            for receipt in receipts
        ]

    def _turns(
        self, sales: Sequence[Basket], returns: Sequence[StoreReturn]
    ) -> dict[tuple[str, str], list[Turn]]:
        tills = {store.number: store.tills for store in self.places.stores}
        turns: dict[tuple[str, str], list[Turn]] = defaultdict(list)

        def add(store: str, about: str, turn: Turn) -> None:
            turns[store, self.dice.one_of(tills[store], "till", about)].append(turn)

        for basket in sales:
            add(basket.store, basket.basket_id, Turn(basket.at, ReceiptKind.SALE, basket))
        for basket in self.dataset.no_sales:
            add(basket.store, basket.basket_id, Turn(basket.at, ReceiptKind.NO_SALE))
        for back in returns:
            add(back.store, f"return {back.basket.basket_id}", Turn(back.at, ReceiptKind.RETURN, back.basket))
        return turns

    def _with_control(self, till: str, turns: list[Turn]) -> list[Turn]:
        """A cashier signs on before the first turn and off after the last; the drawer opens in between."""
        ordered = sorted(turns, key=lambda turn: turn.at)
        opened = [
            Turn(turn.at - timedelta(seconds=20), ReceiptKind.NO_SALE)
            for turn in ordered[1:]
            if self.dice.chance("no sale", till, turn.at, per_mille=NO_SALE_SHARE)
        ]
        first, last = ordered[0].at, ordered[-1].at
        signed_on = first - timedelta(minutes=min(5, first.minute))
        signed_off = min(last + timedelta(minutes=4), last.replace(hour=23, minute=59, second=59))
        return [
            Turn(signed_on, ReceiptKind.SIGN_ON),
            *sorted([*ordered, *opened], key=lambda turn: turn.at),
            Turn(signed_off, ReceiptKind.SIGN_OFF),
        ]

    def _roll(self, store: str, till: str, turns: list[Turn]) -> Iterable[Receipt]:
        """Tills count on from day to day, so the first number of a day is anything but one."""
        first = 1 + self.dice.number("sequence", store, till, self.dataset.business_date, below=9000)
        operator = 100 + self.dice.number("operator", store, till, below=40)
        since = turns[0].at
        for sequence, turn in enumerate(turns, start=first):
            lines = turn.basket.lines if turn.basket else ()
            receipt = Receipt(
                store=store,
                till=till,
                sequence=sequence,
                business_date=self.dataset.business_date,
                kind=turn.kind,
                begins_at=max(since, turn.at - timedelta(seconds=5 + 4 * len(lines))),
                ends_at=turn.at,
                operator=operator,
                currency=self.dataset.currency,
                reference=turn.basket.basket_id if turn.basket else "",
                customer_id=turn.basket.customer_id if turn.basket else None,
                lines=lines,
            )
            since = turn.at
            yield self._settled(receipt)

    def _settled(self, receipt: Receipt) -> Receipt:
        if receipt.kind is ReceiptKind.SALE:
            tenders, change = tendered(self.dice, receipt.reference, receipt.net)
            return replace(receipt, tenders=tenders, change=change)
        if receipt.kind is ReceiptKind.RETURN:
            return replace(receipt, tenders=refunded(self.dice, receipt.reference, receipt.net))
        return receipt


def originals(back: Receipt, sale: Receipt) -> tuple[Original, ...]:
    """Where each returned line was sold; a line keeps its position when it comes back."""
    return tuple(
        Original(
            store=sale.store,
            till=sale.till,
            sequence=sale.sequence,
            business_date=sale.business_date,
            position=line.position,
        )
        for line in back.lines
    )


def files_of(receipts: Iterable[Receipt]) -> list[TillFile]:
    """One file for each till and hour in which it did something."""
    hours: dict[tuple[str, str, datetime], list[Receipt]] = defaultdict(list)
    for receipt in receipts:
        hour = receipt.ends_at.replace(minute=0, second=0, microsecond=0)
        hours[receipt.store, receipt.till, hour].append(receipt)
    return [
        TillFile(store=store, till=till, hour=hour, receipts=tuple(members))
        for (store, till, hour), members in hours.items()
    ]

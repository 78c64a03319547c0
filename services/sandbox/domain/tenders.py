"""How receipts are settled."""

from services.sandbox.domain.amounts import UNIT
from services.sandbox.domain.dice import Dice
from services.sandbox.domain.receipts import Tender, TenderKind

NOTES = (1, 5, 10, 20)
CASH_SHARE, SPLIT_SHARE = 420, 60
SPLIT_CASH = 5 * UNIT


def tendered(dice: Dice, about: str, due: int) -> tuple[tuple[Tender, ...], int]:
    """What the customer lays down, and the change; a receipt over nothing is settled with nothing."""
    if due == 0:
        return (), 0
    if due >= 2 * SPLIT_CASH and dice.chance("split tender", about, per_mille=SPLIT_SHARE):
        return (Tender(TenderKind.CASH, SPLIT_CASH), Tender(TenderKind.CARD, due - SPLIT_CASH)), 0
    if kind_of(dice, about) is TenderKind.CARD:
        return (Tender(TenderKind.CARD, due),), 0
    note = dice.one_of(NOTES, "note", about) * UNIT
    laid_down = -(-due // note) * note
    return (Tender(TenderKind.CASH, laid_down),), laid_down - due


def refunded(dice: Dice, about: str, due: int) -> tuple[Tender, ...]:
    """What is paid out for a return, by the tender that paid the sale."""
    return (Tender(kind_of(dice, about), due),)


def kind_of(dice: Dice, about: str) -> TenderKind:
    cash = dice.chance("cash", about, per_mille=CASH_SHARE)
    return TenderKind.CASH if cash else TenderKind.CARD

"""Messages that are wrong: forged, cut off, hostile, not meant, or about goods and prices that cannot be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from services.sandbox.domain.amounts import UNIT
from services.sandbox.domain.dice import Dice
from services.sandbox.domain.messages import Defect, Kind, Message
from services.sandbox.domain.orders import OrderLine, OrderState
from services.sandbox.domain.receipts import CorrectionFile, TillFile
from services.sandbox.domain.trade import Line

FIRST_NUMBER = 900_001
"""Numbers of the extra orders, far from those of the day."""
AFTERWARDS = timedelta(minutes=3)
BEFORE = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Malformed:
    """``believed`` are the orders among the messages that stand in the storefront like any other."""

    messages: tuple[Message, ...]
    believed: tuple[OrderState, ...]


def malformed(dice: Dice, messages: Sequence[Message], count: int) -> Malformed:
    """``count`` of each defect, as far as the day has messages to spoil.

    A forged order, or one with a price below zero, is nobody's truth; a test order stands in the storefront.
    What was cut off or hostile stands beside the intact message of the same content, which follows, so that
    nothing true is lost with it.
    """
    placed = [message for message in messages if message.kind is Kind.ORDER_CREATED]
    files = [message for message in messages if isinstance(message.content, TillFile | CorrectionFile)]

    def chosen(defect: Defect, among: Iterable[Message], wanted: int = count) -> list[Message]:
        return dice.pick(defect, among, lambda message: message.event_id, wanted)

    forged = [order(dice, Defect.BAD_SIGNATURE, m, ()) for m in chosen(Defect.BAD_SIGNATURE, placed)]
    unknown = [
        order(dice, Defect.UNKNOWN_PRODUCT, message, (unknown_line(place),))
        for place, message in enumerate(chosen(Defect.UNKNOWN_PRODUCT, placed), start=1)
    ]
    negative = [
        order(dice, Defect.NEGATIVE_PRICE, message, (negative_line(message),))
        for message in chosen(Defect.NEGATIVE_PRICE, placed)
    ]
    tests = [
        order(dice, Defect.TEST_ORDER, message, (), test=True)
        for message in chosen(Defect.TEST_ORDER, placed)
    ]
    truncated = [
        spoilt(dice, Defect.TRUNCATED_BODY, message)
        for message in (
            *chosen(Defect.TRUNCATED_BODY, placed, (count + 1) // 2),
            *chosen(Defect.TRUNCATED_BODY, files, count // 2),
        )
    ]
    bombs = [spoilt(dice, Defect.ENTITY_BOMB, message) for message in chosen(Defect.ENTITY_BOMB, files)]
    believed = [message.content for message in (*unknown, *tests)]
    return Malformed(
        (*forged, *unknown, *negative, *tests, *truncated, *bombs),
        tuple(state for state in believed if isinstance(state, OrderState)),
    )


def order(
    dice: Dice, defect: Defect, like: Message, extra: tuple[Line, ...], *, test: bool = False
) -> Message:
    """Another order of the same customer: its first line, and the ``extra`` ones."""
    state = like.content
    if not isinstance(state, OrderState):
        raise TypeError(f"{like.kind} is no order")
    reference = f"{defect}-{state.order.reference}"
    first = replace(state.order.lines[0].line, position=1)
    lines = tuple(
        OrderLine(
            line_id=dice.identity("line", reference, line.position),
            variant_id=None if line in extra else state.order.lines[0].variant_id,
            line=line,
        )
        for line in (first, *extra)
    )
    copy = replace(
        state.order,
        order_id=dice.identity("order", reference),
        number=FIRST_NUMBER + dice.number("number", reference, below=90_000),
        reference=reference,
        placed_at=state.order.placed_at + AFTERWARDS,
        lines=lines,
        test=test,
    )
    return replace(
        like,
        lane=str(copy.order_id),
        at=copy.placed_at,
        send_at=copy.placed_at,
        event_id=dice.uuid("event", reference),
        delivery_id=dice.uuid("delivery", reference),
        content=replace(state, order=copy, updated_at=copy.placed_at),
        defect=defect,
    )


def unknown_line(place: int) -> Line:
    return Line(
        position=2,
        sku=f"NO-SUCH-SKU-{place}",
        title="An article that nobody has ever seen",
        quantity_milli=1000,
        unit_price=4 * UNIT,
        gross=4 * UNIT,
    )


def negative_line(like: Message) -> Line:
    """An article of the catalogue that costs less than nothing."""
    state = like.content
    if not isinstance(state, OrderState):
        raise TypeError(f"{like.kind} is no order")
    price = -3 * UNIT
    return replace(
        state.order.lines[-1].line,
        position=2,
        quantity_milli=1000,
        unit_price=price,
        gross=price,
        tax_rate=0,
        reductions=(),
    )


def spoilt(dice: Dice, defect: Defect, intact: Message) -> Message:
    """The message as it arrives shortly before its intact copy, as an event of its own."""
    content = intact.content
    if defect is Defect.ENTITY_BOMB and isinstance(content, TillFile | CorrectionFile):
        content = replace(content, copy=content.copy + 66)
    return replace(
        intact,
        send_at=intact.send_at - BEFORE,
        event_id=dice.uuid("event", defect, intact.event_id),
        delivery_id=dice.uuid("delivery", defect, intact.event_id),
        content=content,
        defect=defect,
    )

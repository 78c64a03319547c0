"""What happens to messages on their way: some overtake others, some come twice."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from services.sandbox.domain.dice import Dice, per_mille_of
from services.sandbox.domain.messages import Message
from services.sandbox.domain.options import PlanOptions
from services.sandbox.domain.receipts import CorrectionFile, TillFile

RETRIES = 600
"""Thousandths of repetitions that retry the same delivery; the others deliver the same event anew."""


def disturbed(dice: Dice, options: PlanOptions, messages: Sequence[Message]) -> tuple[Message, ...]:
    """The messages in the order of sending, some late and some twice."""
    sound = [message for message in messages if message.defect is None]
    late = delayed(dice, sound, per_mille_of(len(sound), options.late_share))
    count = per_mille_of(len(messages), options.duplicate_share)
    repeated = dice.pick("repeat", messages, lambda message: message.delivery_id, count)
    on_time = [late.get(message.delivery_id, message) for message in messages]
    again = [repetition(dice, late.get(message.delivery_id, message)) for message in repeated]
    return tuple(sorted([*on_time, *again], key=lambda message: (message.send_at, message.delivery_id)))


def delayed(dice: Dice, messages: Sequence[Message], count: int) -> dict[str, Message]:
    """Messages that are overtaken by the next one of their lane, by delivery id.

    Of a lane no two neighbours are late: two late ones in a row would be in order again.
    """
    lanes: dict[str, list[Message]] = defaultdict(list)
    for message in sorted(messages, key=lambda message: message.send_at):
        lanes[message.lane].append(message)
    pairs = [
        (earlier, later)
        for members in lanes.values()
        for earlier, later in zip(members[::2], members[1::2], strict=False)
    ]
    chosen = dice.pick("late", pairs, lambda pair: pair[0].delivery_id, count)
    return {
        earlier.delivery_id: replace(earlier, send_at=later.send_at + timedelta(seconds=1), late=True)
        for earlier, later in chosen
    }


def repetition(dice: Dice, message: Message) -> Message:
    """The same event once more: either the very same delivery, or a second one with an id of its own."""
    about = message.delivery_id
    again = replace(
        message,
        send_at=message.send_at + timedelta(seconds=1 + dice.number("again after", about, below=1800)),
        repeats=True,
    )
    if dice.chance("retry", about, per_mille=RETRIES):
        return again
    content = message.content
    if isinstance(content, TillFile | CorrectionFile):
        content = replace(content, copy=content.copy + 1)
    return replace(again, content=content, delivery_id=dice.uuid("second delivery", about))

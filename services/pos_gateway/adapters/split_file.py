"""A till's file taken apart into messages of one transaction each."""

from collections.abc import Sequence
from uuid import UUID, uuid5

from libs.intake import Arrival, Message, Problem, State, Unreadable
from services.pos_gateway.adapters.poslog import key_of
from services.pos_gateway.adapters.poslog_xml import Element, canonical, transactions_of
from services.pos_gateway.application.apply_messages import TRANSACTION

INVALID = "invalid"


def split_file(message: Message) -> Sequence[Arrival]:
    """The transactions in the order of the file. Raises `Unreadable` for a file that is not whole.

    Their ids follow from the file's, so that taking a file apart twice makes the same messages. The name of a
    transaction is its first key against repeats: whatever file it comes in, it is taken over once; the same
    name with other content is set aside. One without a name goes into quarantine alone.
    """
    store = message.sender.partition("/")[0]
    return [
        arrival_of(message, store, place, transaction)
        for place, transaction in enumerate(transactions_of(message.body), start=1)
    ]


def arrival_of(message: Message, store: str, place: int, transaction: Element) -> Arrival:
    problems: Sequence[Problem] = ()
    name = ""
    try:
        key = key_of(transaction)
        name = key.text
        if key.store != store:
            problems = [Problem("BusinessUnit/UnitID", f"must be the store that sends, {store}")]
    except Unreadable as error:
        problems = error.problems
    event = name or f"{message.message_id}#{place}"
    return Arrival(
        message_id=child_id(message.message_id, place),
        sender=message.sender,
        topic=TRANSACTION,
        sender_event_id=event,
        business_key=name,
        body=canonical(transaction),
        received_at=message.received_at,
        traceparent=message.traceparent,
        state=State.QUARANTINED if problems else State.RECEIVED,
        reason=INVALID if problems else "",
        problems=problems,
        sets_aside_changes=True,
    )


def child_id(message_id: UUID, place: int) -> UUID:
    return uuid5(message_id, str(place))

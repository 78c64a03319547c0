"""A message on its way through the use case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.intake import Message, Outcome, Unreadable, outcome_of_refusal
from libs.refusals import Refusal
from services.channel_gateway.application.ports import About, Patience, Read
from services.channel_gateway.domain.handed_over import HandedOver, Step, after
from services.channel_gateway.domain.storefront import Told

MAY_PASS = frozenset(
    {
        "ERROR_REASON_LINE_UNKNOWN",
        "ERROR_REASON_ORDER_UNKNOWN",
        "ERROR_REASON_QUANTITY_EXCEEDED",
        "ERROR_REASON_REFUND_EXCEEDED",
        "ERROR_REASON_STATE_FORBIDS",
    }
)
"""What another message about the order may remedy (a parcel before a return, a payment before a refund), or a
person who ends a hold."""


@dataclass(slots=True)
class Task:
    """What a message tells, what is known of its order, and finally its outcome."""

    message: Message
    channel: str
    told: Told
    age: timedelta
    known: HandedOver | None = None
    changed: bool = False
    placed: bool = False
    outcome: Outcome | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.channel, self.told.channel_order_id

    @property
    def about(self) -> About:
        return About(str(self.message.message_id), self.channel, self.told.channel_order_id)

    def took(self, step: Step, location_id: str = "") -> None:
        """Remember a step, also when a later one fails: it will not be taken again."""
        if self.known is not None:
            self.known, self.changed = after(step, self.known, location_id), True

    def finish(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def refuse(self, refusal: Refusal, patience: Patience) -> None:
        self.outcome = outcome_of_refusal(
            refusal,
            may_pass=MAY_PASS.__contains__,
            waits_for=self.message.business_key,
            patience=patience.for_state,
            order_id=self.known.order_id if self.known else "",
        )


def task_of(read: Read, message: Message, now: datetime) -> Task | Outcome:
    channel = message.business_key.rpartition("/")[0]
    try:
        told = read(channel, message.topic, message.body)
    except Unreadable as error:
        return Outcome.quarantine("invalid", error.problems)
    return Task(message, channel, told, now - message.received_at)

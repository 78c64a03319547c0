"""What a refusal by a service behind means for the message that led to it."""

from collections.abc import Callable
from datetime import timedelta

from libs.intake.message import Problem
from libs.intake.outcome import Outcome
from libs.refusals import InvalidField, Overloaded, Refusal, Unavailable
from libs.rpc import DeadlineExceeded

PASSING = (DeadlineExceeded, Overloaded, Unavailable)
"""Nothing is known of the message; a call that timed out may have taken effect and is made again alike."""
DEFECTS = {"ERROR_REASON_INTERNAL", "ERROR_REASON_UNSPECIFIED"}


def outcome_of_refusal(
    refusal: Refusal,
    *,
    may_pass: Callable[[str], bool],
    waits_for: str,
    patience: timedelta,
    order_id: str = "",
) -> Outcome:
    """``may_pass`` says of which reasons another message about ``waits_for`` may be the remedy."""
    reason = short(refusal)
    if isinstance(refusal, PASSING):
        return Outcome.postpone(reason)
    if refusal.reason in DEFECTS:
        return Outcome.fail(reason)
    if may_pass(refusal.reason):
        return Outcome.wait(reason, waits_for, patience)
    problems = [Problem(refusal.field, refusal.message)] if isinstance(refusal, InvalidField) else []
    return Outcome.quarantine(reason, problems, order_id)


def short(refusal: Refusal) -> str:
    """``ERROR_REASON_ORDER_UNKNOWN`` as ``order_unknown``."""
    return refusal.reason.removeprefix("ERROR_REASON_").lower()

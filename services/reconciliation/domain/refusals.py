"""What reconciliation refuses, each with its reason in the contract."""

from libs.refusals import Refusal


class SystemUnreadable(Refusal):
    """A system that takes part in the comparison could not be read; the metadata name it."""

    reason = "ERROR_REASON_SYSTEM_UNREADABLE"

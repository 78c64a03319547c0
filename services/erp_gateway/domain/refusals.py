"""What the ERP gateway refuses, each with its reason in the contract."""

from libs.refusals import Refusal


class PostingNotFailed(Refusal):
    """Only failed postings are tried again by a person."""

    reason = "ERROR_REASON_POSTING_NOT_FAILED"


class ErpUnreachable(Refusal):
    """The ERP could not be read."""

    reason = "ERROR_REASON_ERP_UNREACHABLE"

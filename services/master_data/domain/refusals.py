"""What master data refuses, each with its reason in the contract."""

from libs.refusals import Refusal


class IdentifierTaken(Refusal):
    """An identifier already names another product, or two products of one batch claim it."""

    reason = "ERROR_REASON_IDENTIFIER_TAKEN"


class IdentifierMalformed(Refusal):
    """An identifier cannot be one of its scheme."""

    reason = "ERROR_REASON_IDENTIFIER_MALFORMED"


class ProductUnknown(Refusal):
    """A price names a product that does not exist."""

    reason = "ERROR_REASON_PRODUCT_UNKNOWN"


class DuplicateInBatch(Refusal):
    """One batch names the same resource twice, so its result would depend on the order."""

    reason = "ERROR_REASON_DUPLICATE_IN_BATCH"

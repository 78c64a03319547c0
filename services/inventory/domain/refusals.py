"""Why inventory refuses a command; nothing has changed then."""

from libs.refusals import Refusal


class LocationUnknown(Refusal):
    """The location is not in master data. Metadata: ``location_id``."""

    reason = "ERROR_REASON_LOCATION_UNKNOWN"


class DuplicateLine(Refusal):
    """One line stands twice in one request. Metadata: ``line_id``."""

    reason = "ERROR_REASON_DUPLICATE_LINE"


class UnitMismatch(Refusal):
    """The product is stocked in another unit. Metadata: ``sku``, ``unit``."""

    reason = "ERROR_REASON_UNIT_MISMATCH"

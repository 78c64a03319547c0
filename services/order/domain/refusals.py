"""What the order service refuses, each with its reason in the contract."""

from libs.refusals import Refusal


class OrderUnknown(Refusal):
    """No order has that name; it may still be under way."""

    reason = "ERROR_REASON_ORDER_UNKNOWN"


class StateForbids(Refusal):
    """The order's state does not allow the command; metadata ``state`` and ``command``."""

    reason = "ERROR_REASON_STATE_FORBIDS"


class LineUnknown(Refusal):
    """The command names a line that the order does not have; metadata ``line_id``."""

    reason = "ERROR_REASON_LINE_UNKNOWN"


class QuantityExceeded(Refusal):
    """More would be sent or returned than is left of a line; metadata ``line_id``."""

    reason = "ERROR_REASON_QUANTITY_EXCEEDED"


class RefundExceeded(Refusal):
    """More money would be given back than is left of what was paid."""

    reason = "ERROR_REASON_REFUND_EXCEEDED"


class CurrencyMixed(Refusal):
    """One document has amounts in several currencies."""

    reason = "ERROR_REASON_CURRENCY_MIXED"


class DuplicateLine(Refusal):
    """The same line id stands twice in one document; metadata ``line_id``."""

    reason = "ERROR_REASON_DUPLICATE_LINE"


class ChannelOrderDiffers(Refusal):
    """The channel order is recorded already with other content."""

    reason = "ERROR_REASON_CHANNEL_ORDER_DIFFERS"


class StaleUpdate(Refusal):
    """A newer state of the order is recorded."""

    reason = "ERROR_REASON_STALE_UPDATE"


class DocumentDiffers(Refusal):
    """A shipment or return with this id is recorded already with other content."""

    reason = "ERROR_REASON_DOCUMENT_DIFFERS"


class LocationUnknown(Refusal):
    """Master data has no such location; metadata ``location_id``."""

    reason = "ERROR_REASON_LOCATION_UNKNOWN"


class LocationMissing(Refusal):
    """Goods move, and neither the command nor a promise of stock says where."""

    reason = "ERROR_REASON_LOCATION_MISSING"


class ProductUnknown(Refusal):
    """Goods of a product that master data does not know, or keeps in another unit, cannot be restocked."""

    reason = "ERROR_REASON_PRODUCT_UNKNOWN"

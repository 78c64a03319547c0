"""The base of all refusals, and those that belong to no single domain."""

from typing import ClassVar


class Refusal(Exception):
    """A request that was understood and is not carried out; each subclass is one documented reason.

    Nothing was changed by a refused request. ``reason`` is the full value name in the domain's
    ``ErrorReason`` enum, whose options say which gRPC status the caller sees.
    """

    reason: ClassVar[str] = "ERROR_REASON_UNSPECIFIED"

    def __init__(
        self, message: str, *, field: str = "", retry_after_seconds: float | None = None, **metadata: str
    ) -> None:
        super().__init__(message)
        self.message = message
        """For a person; shown to the caller, so never personal data."""
        self.field = field
        """Path of the request field at fault, such as ``lines[2].quantity``; empty when none is."""
        self.retry_after_seconds = retry_after_seconds
        """When the same request may succeed; None when no time helps."""
        self.metadata = metadata
        """Values a program can act on; the keys are documented beside the reason."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, reason={self.reason})"


class InvalidField(Refusal):
    """A field breaks a rule that the contract states."""

    reason = "ERROR_REASON_INVALID_FIELD"


class RequestIdReused(Refusal):
    """The request id already stands for another request."""

    reason = "ERROR_REASON_REQUEST_ID_REUSED"


class CallerNotAllowed(Refusal):
    """The RPC's policy does not list the caller's workload."""

    reason = "ERROR_REASON_CALLER_NOT_ALLOWED"


class Overloaded(Refusal):
    """A bounded queue is full; give ``retry_after_seconds``."""

    reason = "ERROR_REASON_OVERLOADED"


class Unavailable(Refusal):
    """The database, the broker or a service behind cannot be reached; give ``retry_after_seconds``."""

    reason = "ERROR_REASON_DEPENDENCY_UNAVAILABLE"


class NotFound(Refusal):
    """The named resource does not exist."""

    reason = "ERROR_REASON_NOT_FOUND"


class PageTokenInvalid(Refusal):
    """The page token was not made by this RPC."""

    reason = "ERROR_REASON_PAGE_TOKEN_INVALID"

"""Requests that the stand-ins understand and do not carry out."""


class Refused(Exception):
    """``code`` is for programs, the message for people."""

    code = "refused"

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        """The field at fault, empty when none is."""


class Malformed(Refused):
    """A field is missing or not what it should be."""

    code = "malformed"


class Unknown(Refused):
    """The named thing does not exist."""

    code = "unknown"


class Untimely(Refused):
    """It cannot be done now, for example because another day is being played."""

    code = "untimely"


class Unauthorised(Refused):
    """The bearer token is missing or wrong."""

    code = "unauthorised"

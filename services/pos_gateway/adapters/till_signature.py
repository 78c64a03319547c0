"""Whether a file comes from one of our tills: ``X-Till-Token`` is the hex HMAC-SHA256 of the raw body."""

import hmac
from collections.abc import Mapping, Sequence

HEADER = "X-Till-Token"
HEADER_LENGTH = 64


class TillSignature:
    """``secrets``: the current one, and during a rotation the one before."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = secrets

    def __call__(self, headers: Mapping[str, str], body: bytes) -> bool:
        return is_signed(body, headers.get(HEADER, ""), self._secrets)


def is_signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether ``header`` signs ``body`` with one of ``secrets``; two are valid while one is being replaced.

    Compares in constant time, and all secrets alike: an empty one never signs anything.
    """
    given = header.lower().encode("ascii", "replace") if len(header) == HEADER_LENGTH else b""
    valid = False
    for secret in secrets:
        made = hmac.digest(secret.encode(), body, "sha256").hex().encode()
        valid |= hmac.compare_digest(made, given) and secret != ""
    return valid

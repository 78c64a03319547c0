"""Whether a webhook comes from the shop whose secret we share.

https://shopify.dev/docs/apps/build/webhooks/subscribe/https: base64 of HMAC-SHA256 over the raw body.
"""

import base64
import binascii
import hmac
from collections.abc import Sequence

DIGEST_BYTES = 32
HEADER_LENGTH = 44


def is_signed(body: bytes, header: str, secrets: Sequence[str]) -> bool:
    """Whether ``header`` signs ``body`` with one of ``secrets``; two are valid while one is being replaced.

    Compares in constant time, and all secrets alike: an empty one never signs anything.
    """
    given = decoded(header)
    valid = False
    for secret in secrets:
        made = hmac.digest(secret.encode(), body, "sha256")
        valid |= hmac.compare_digest(made, given) and secret != ""
    return valid


def decoded(header: str) -> bytes:
    """The digest, empty for what cannot be one."""
    if len(header) != HEADER_LENGTH:
        return b""
    try:
        digest = base64.b64decode(header, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return digest if len(digest) == DIGEST_BYTES else b""

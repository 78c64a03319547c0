"""A page token is the sort key of the last row seen, tied to the list and the filter it was made for."""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from libs.refusals import PageTokenInvalid

DEFAULT_PAGE_SIZE = 100
CHECKSUM_BYTES = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of one page; ``next_token`` is empty when there are no more."""

    rows: Sequence[T]
    next_token: str


def page_token(scope: str, key: Sequence[str]) -> str:
    """Name the row after which the next page begins.

    ``scope`` is whatever must not change between pages: the RPC, and its filter if it has one.
    The token is not a secret and gives no right: reading from any key on is allowed to whoever may list.
    """
    body = json.dumps(list(key), ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(checksum(scope, body) + body).rstrip(b"=").decode()


def position_of(scope: str, token: str) -> tuple[str, ...]:
    """The key in ``token``, empty for the first page. Raises `PageTokenInvalid`."""
    if not token:
        return ()
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise refused() from None
    found, body = raw[:CHECKSUM_BYTES], raw[CHECKSUM_BYTES:]
    if found != checksum(scope, body):
        raise refused()
    return tuple(json.loads(body))


def page_of(scope: str, rows: Sequence[T], size: int, key: Callable[[T], Sequence[str]]) -> Page[T]:
    """Cut ``rows``, read with a limit of ``size + 1``, to a page; the extra row only says there are more."""
    if len(rows) <= size:
        return Page(rows, "")
    shown = rows[:size]
    return Page(shown, page_token(scope, key(shown[-1])))


def checksum(scope: str, body: bytes) -> bytes:
    return zlib.crc32(scope.encode() + b"\0" + body).to_bytes(CHECKSUM_BYTES, "big")


def refused() -> PageTokenInvalid:
    return PageTokenInvalid("the page token was not made by this list", field="page.page_token")

"""Vectors published with go-shopify (MIT), and what must never pass."""

import pytest

from services.channel_gateway.adapters.shopify_signature import is_signed
from tests.builders.shopify import signature

BODY = b'"my secret message"'
SIGNED = "hMTq0K2x7oyOjoBwGYeTj5oxfnaVYXzbanUG9aajpKI="


@pytest.mark.parametrize(
    ("body", "header"), [(BODY, SIGNED), (b'""', "ZAZ6P4c14f6v798OCPYCodtdf9g8Z+GfthdfCgyhUYg=")]
)
def test_published_vectors_are_accepted(body, header):
    assert is_signed(body, header, ["hush"])


@pytest.mark.parametrize(
    "header",
    [
        "",
        "wronghash",
        "XXXXXaGVsbG8=",
        SIGNED + "AAAA",
        SIGNED[:-1],
        SIGNED.replace("h", "g", 1),
        SIGNED[:-1] + "é",
        "=" * 44,
        "A" * 100_000,
    ],
)
def test_a_missing_garbled_or_overlong_digest_is_refused(header):
    assert not is_signed(BODY, header, ["hush"])


def test_an_empty_secret_signs_nothing():
    assert not is_signed(BODY, signature(BODY, ""), [""])
    assert not is_signed(BODY, SIGNED, [])


def test_both_secrets_are_valid_during_a_rotation():
    assert is_signed(BODY, signature(BODY, "new"), ["new", "old"])
    assert is_signed(BODY, signature(BODY, "old"), ["new", "old"])
    assert not is_signed(BODY, signature(BODY, "older"), ["new", "old"])


def test_one_changed_byte_is_noticed():
    assert not is_signed(BODY[:-1] + b" ", SIGNED, ["hush"])

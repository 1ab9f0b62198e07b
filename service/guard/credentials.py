"""Where callers put their api key: the clients of other services each have a place of their own."""

import base64
import re

from starlette.datastructures import Headers

# AWS's clients sign with a secret that is not known here, and name the key that it belongs to.
_SIGNED = re.compile(rb"Credential=([^/,\s]+)")
_AZURE = "ocp-apim-subscription-key"


def are_in(headers: Headers) -> bool:
    """Was a key given, right or wrong?"""
    return "authorization" in headers or _AZURE in headers


def given(headers: Headers) -> bytes:
    """The key, as the bytes that came; empty when there is none."""
    # A header's text is Latin-1, whatever the caller's bytes were.
    scheme, _, key = headers.get("authorization", "").encode("latin-1").partition(b" ")
    if scheme.lower() == b"bearer":
        return key.strip()
    if scheme == b"AWS4-HMAC-SHA256":
        signed = _SIGNED.search(key)
        return signed[1] if signed else b""
    return headers.get(_AZURE, "").encode("latin-1")


def password(headers: Headers) -> bytes:
    """The key as the password of basic authentication, which is all that Label Studio can send; or
    as ever. A browser sends passwords by itself, so that no other route takes one."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return given(headers)
    try:
        return base64.b64decode(encoded, validate=True).partition(b":")[2]
    except ValueError:
        return b""

"""One header of a request, without an object for them all: the hot path asks for several."""

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> str | None:
    """The first of that name, which is in lower case; its bytes as Latin-1, as HTTP has them."""
    found: bytes
    for known, found in scope["headers"]:
        if known == name:
            return found.decode("latin-1")
    return None

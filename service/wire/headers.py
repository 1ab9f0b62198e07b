"""Headers of a request, without an object for them all: the hot path asks for several."""

from starlette.types import Scope

from service.errors import InvalidRequest
from service.wire.wording import shown

_TYPE = "content-type"


def header(scope: Scope, name: bytes) -> str | None:
    """The first of that name, which is in lower case; its bytes as Latin-1, as HTTP has them."""
    found: bytes
    for known, found in scope["headers"]:
        if known == name:
            return found.decode("latin-1")
    return None


def expect_json(scope: Scope) -> None:
    """Raises InvalidRequest for a body that is not said to be JSON, as curl and forms send it."""
    given = header(scope, _TYPE.encode())
    media = (given or "").partition(";")[0].strip().lower()
    if media == "application/json" or (media[:12] == "application/" and media[-5:] == "+json"):
        return
    said = "is missing" if given is None else f"has {shown(given)}"
    raise InvalidRequest(f"the header {_TYPE} {said}; expected application/json", param=_TYPE)

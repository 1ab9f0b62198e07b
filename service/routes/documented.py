"""What the OpenAPI document says of errors: every status that a route can answer with."""

from typing import Any

from service.wire.responses import ErrorResponse

# Whatever the route: too slow, too large, a fault of the gateway.
_EVERYWHERE = (408, 413, 500)
_WITH_A_KEY = (401, 403, 429)
# Not as "model": FastAPI would give errors the media type of the route's own answer. The schema is
# among the document's components, since it is a part of other answers.
_ENVELOPE = {"$ref": f"#/components/schemas/{ErrorResponse.__name__}"}


def errors(*statuses: int, open_to_all: bool = False) -> dict[int | str, dict[str, Any]]:
    """``statuses``, and those that every route has, as the one envelope."""
    keys = () if open_to_all else _WITH_A_KEY
    return {
        one: {"content": {"application/json": {"schema": _ENVELOPE}}}
        for one in sorted({*statuses, *keys, *_EVERYWHERE})
    }

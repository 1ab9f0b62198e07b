"""An error as an answer: the one envelope, and the headers that belong to it."""

from collections.abc import Mapping

from fastapi.responses import JSONResponse

from service.errors import AuthenticationFailed, NerveError
from service.wire.responses import ErrorResponse


def answer(error: NerveError, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """What the caller gets for ``error``; ``headers`` are added."""
    found = JSONResponse(ErrorResponse.of(error).model_dump(), error.status)
    if isinstance(error, AuthenticationFailed):
        found.headers["www-authenticate"] = "Bearer"
    if error.retry_after is not None:
        found.headers["retry-after"] = str(error.retry_after)
    found.headers.update(headers or {})
    return found

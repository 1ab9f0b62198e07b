"""What an engine's status other than 200 means for our caller."""

import json
from http import HTTPStatus

from service.errors import (
    EngineError,
    EngineFailure,
    EngineUnavailable,
    Overloaded,
    RequestTooLarge,
)

_WINDOW = "maximum context length"
# vLLM answers 500 to everything between the death of its core and its own exit.
_DEAD_CORE = ("EngineCore", "EngineDead")
# These speak of us to the engine, not of the caller's request: our key, the model's name that we
# chose, the route.
_OURS = (401, 403, 404, 405, 407, 429)
# So does this, with status 400: of an adapter's files.
_BROKEN_ADAPTER = "was found but could not be loaded"
_DATA = b"data: "
_FAILED = _DATA + b'{"error":'


def failure(status: int, said: str) -> EngineFailure | Overloaded | RequestTooLarge:
    """The error that an extraction ends with; ``said`` is the start of the engine's answer."""
    if status == HTTPStatus.BAD_REQUEST and _WINDOW in said:
        return RequestTooLarge(f"the text does not fit the engine's window: {said}", param="text")
    return forwarding_failure(status, said)


def forwarding_failure(status: int, said: str) -> EngineFailure | Overloaded:
    """The error that a request ends with whose own fault it is not."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Overloaded("the engine has no free place")
    if status == HTTPStatus.SERVICE_UNAVAILABLE or any(word in said for word in _DEAD_CORE):
        return EngineUnavailable("the engine is not able to work; it is starting or restarting")
    if status == HTTPStatus.NOT_FOUND:
        return EngineUnavailable("the engine has not loaded this model", code="model_not_loaded")
    return EngineError(f"the engine answered with status {status}", code=f"engine_{status}")


def is_refusal(status: int, said: str) -> bool:
    """Does the engine find fault with the caller's own request?"""
    return 400 <= status < 500 and status not in _OURS and _BROKEN_ADAPTER not in said


def in_envelope(status: int, body: bytes) -> bytes:
    """A refusal in our words: the engine's message and field, our type and code."""
    said = body[:500].decode("utf-8", errors="replace")
    fault, param = f"the engine refused the request: {said}", None
    try:
        error = json.loads(body)["error"]
        if isinstance(error["message"], str):
            fault, param = error["message"], error.get("param")
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return _envelope(status, fault, param if isinstance(param, str) else None)


def event_in_envelope(line: bytes) -> bytes:
    """A line of a stream; one by which the engine says that it failed, in our words."""
    if not line.startswith(_FAILED):
        return line
    try:
        error = json.loads(line[len(_DATA) :])["error"]
        status, fault = int(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return line
    end = line[len(line.rstrip(b"\r\n")) :]
    return _DATA + _envelope(status, fault, None) + end


def _envelope(status: int, fault: str, param: str | None) -> bytes:
    code = "context_length_exceeded" if _WINDOW in fault else f"engine_{status}"
    kind = "invalid_request_error" if is_refusal(status, fault) else EngineError.type
    error = {"message": fault, "type": kind, "param": param, "code": code}
    return json.dumps({"error": error}, ensure_ascii=False).encode("utf-8", "backslashreplace")

"""What an engine's status other than 200 means for our caller."""

import json
from http import HTTPStatus
from typing import Any

from service.errors import (
    EngineError,
    EngineFailure,
    EngineUnavailable,
    InvalidRequest,
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
# What vLLM says of a completion that it ends by itself: of one whose grammar takes none of the
# tokens that it let through, having grown over a limit of the matcher's on the way.
_GIVEN_UP = (500, "Internal server error")
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


def given_up(body: bytes, held_by: str | None) -> bytes | None:
    """The caller's error where the engine ended a completion that the field ``held_by`` holds to a
    grammar, which would end so again; None for another failure."""
    error = _error_of(body)
    if held_by is None or (error.get("code"), error.get("message")) != _GIVEN_UP:
        return None
    fault = (
        f"the engine gave the completion up while it wrote: what {held_by} asks for became too "
        "large for its matcher; expected fewer repetitions within repetitions, and rules that end"
    )
    return _enveloped(fault, InvalidRequest.type, held_by, "engine_500")


def in_envelope(status: int, body: bytes) -> bytes:
    """A refusal in our words: the engine's message and field, our type and code."""
    error = _error_of(body)
    fault, param = error.get("message"), error.get("param")
    if not isinstance(fault, str):
        said = body[:500].decode("utf-8", errors="replace")
        return _envelope(status, f"the engine refused the request: {said}", None)
    return _envelope(status, fault, param if isinstance(param, str) else None)


def event_in_envelope(line: bytes, held_by: str | None) -> bytes:
    """A line of a stream; one by which the engine says that it failed, in our words."""
    if not line.startswith(_FAILED):
        return line
    said, end = line[len(_DATA) :], line[len(line.rstrip(b"\r\n")) :]
    error = _error_of(said)
    try:
        told = given_up(said, held_by) or _envelope(int(error["code"]), str(error["message"]), None)
    except (ValueError, KeyError, TypeError):
        return line
    return _DATA + told + end


def _error_of(body: bytes) -> dict[str, Any]:
    """What the engine's envelope holds; nothing where there is none."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    return error if isinstance(error, dict) else {}


def _envelope(status: int, fault: str, param: str | None) -> bytes:
    code = "context_length_exceeded" if _WINDOW in fault else f"engine_{status}"
    kind = InvalidRequest.type if is_refusal(status, fault) else EngineError.type
    return _enveloped(fault, kind, param, code)


def _enveloped(message: str, kind: str, param: str | None, code: str) -> bytes:
    error = {"message": message, "type": kind, "param": param, "code": code}
    return json.dumps({"error": error}, ensure_ascii=False).encode("utf-8", "backslashreplace")

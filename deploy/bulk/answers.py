"""What a gateway's answer means for its row: see the table of ``deploy.bulk.asking``."""

from http import HTTPStatus
from typing import Any, NoReturn

import httpx2

from deploy.bulk.errors import Refused
from deploy.client import not_a_gateway
from service.errors import (
    AuthenticationFailed,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
    InternalError,
    InvalidRequest,
    NotFound,
    Overloaded,
    PermissionDenied,
    RequestTooLarge,
    RequestTooSlow,
)
from service.settings import without_password

_FOR_ALL = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
# What stands before a gateway says so of a row, too, without the gateway's envelope.
_OF_A_PROXY = (httpx2.codes.REQUEST_TIMEOUT, httpx2.codes.CONTENT_TOO_LARGE)


class RowFailed(Exception):
    """The row is given up: says why."""


class Again(Exception):
    """This attempt failed; another may not."""


class Late(Again):
    """The deadline of the gateway passed."""

    def __str__(self) -> str:
        return (
            f"{super().__str__()}; a higher NERVE_DEADLINE_S of the gateway, or a lower "
            "--concurrency, gives a completion more time"
        )


# Of an error that stands in a line and so has no status.
_STATUSES = {
    kind.type: kind.status
    for kind in (
        *(InvalidRequest, AuthenticationFailed, PermissionDenied, NotFound, RequestTooLarge),
        *(RequestTooSlow, Overloaded, InternalError, EngineError, EngineUnavailable, EngineTimeout),
    )
}


def of_line(response: httpx2.Response) -> httpx2.Response:
    """The answer to the only line of a batch, as that to a request of its own."""
    error = error_in(response)
    if response.status_code != HTTPStatus.OK or not error:
        return response
    status = _STATUSES.get(error["type"], HTTPStatus.INTERNAL_SERVER_ERROR)
    return httpx2.Response(status, json={"error": error})


def answer_in(url: str, response: httpx2.Response) -> dict[str, Any]:
    """The answer to a row; raises Again, RowFailed, Refused."""
    status = response.status_code
    if status == HTTPStatus.OK:
        return _whole(url, response)
    error = error_in(response)
    said = f"status {status}: {message_in(url, response)}"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise (Late if error.get("type") == EngineTimeout.type else Again)(said)
    if status in _FOR_ALL:
        raise Refused(f"{without_password(url)}: {said}")
    if not error and status not in _OF_A_PROXY:
        raise Refused(not_a_gateway(url, response))
    # Too large is a row together with its labels: a shorter one may fit.
    if error.get("param") in ("model", "labels") and status != httpx2.codes.CONTENT_TOO_LARGE:
        raise Refused(f"{without_password(url)}: {said}")
    raise RowFailed(said)


def _whole(url: str, response: httpx2.Response) -> dict[str, Any]:
    """An answer with all its parts; one that lacks a part of a long text is asked for again."""
    try:
        answer = dict(response.json(parse_constant=_refuse))
        if {"entities", "dropped", "truncated", "model"} - answer.keys():
            raise ValueError("fields are missing")
    except (ValueError, TypeError) as exc:
        raise Refused(not_a_gateway(url, response)) from exc
    if answer.get("partial"):
        errors = [part["error"] for part in answer["chunks"]]
        late = next((one for one in errors if one["type"] == EngineTimeout.type), None)
        said = f"a part of the text failed: {(late or errors[0])['message']}"
        raise (Late if late else Again)(said)
    return answer


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no value of JSON")


def error_in(response: httpx2.Response) -> dict[str, Any]:
    """The gateway's error; nothing where it is of another server, a proxy for instance."""
    try:
        error = dict(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        return {}
    return error if {"message", "type", "param"} <= error.keys() else {}


def message_in(url: str, response: httpx2.Response) -> str:
    """The error's, or what else there is."""
    error = error_in(response)
    if error:
        return str(error["message"])
    return f"{without_password(url)} said {response.text[:80]!r}"

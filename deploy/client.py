"""Questions to a running gateway."""

import re
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx2

from deploy.credentials import key_header
from service.settings import without_password
from service.wire.wording import shown

# Longer than a gateway takes by its own deadline.
TIMEOUT_S = 600.0


class AskFailed(Exception):
    """Why a running gateway gave no answer."""


def ask(
    url: str,
    text: str,
    model: str | None = None,
    labels: Sequence[str] | Mapping[str, str] | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
) -> dict[str, Any]:
    """The answer to one text; raises AskFailed."""
    request = {"text": text, "model": model, "labels": labels}
    body = {name: value for name, value in request.items() if value is not None}
    with session(timeout_s) as client:
        return extract(client, url, body)


def session(timeout_s: float = TIMEOUT_S) -> httpx2.Client:
    """For several questions; ``NERVE_API_KEY`` is the key."""
    return httpx2.Client(
        timeout=timeout_s, trust_env=False, headers=key_header(), verify=certificates()
    )


@cache
def certificates() -> ssl.SSLContext:
    """Read once a process: it takes longer than a gateway on the same machine."""
    return httpx2.create_ssl_context(trust_env=False)


def extract(client: httpx2.Client, url: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of ``POST /extract``, to ``text`` or to ``texts``; raises AskFailed with the
    gateway's own message."""
    try:
        response = client.post(f"{url.rstrip('/')}/extract", json=body)
    except UnicodeEncodeError as exc:
        raise AskFailed("the text is not UTF-8") from exc
    except httpx2.ReadTimeout as exc:
        seconds = client.timeout.read
        raise AskFailed(
            f"the gateway at {without_password(url)} gave no answer within {seconds:.0f} s"
        ) from exc
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        why = re.sub(r"^\[Errno -?\d+\] ", "", str(exc)) or type(exc).__name__
        raise AskFailed(
            f"no gateway answers at {without_password(url)} ({why}); start one with `nerve up`"
        ) from exc
    return _answer(url, response)


def _answer(url: str, response: httpx2.Response) -> dict[str, Any]:
    try:
        answer = response.json()
        if response.status_code == HTTPStatus.OK and {"entities", "results"} & answer.keys():
            return dict(answer)
        message = answer["error"]["message"]
    except (AttributeError, ValueError, KeyError, TypeError) as exc:
        raise AskFailed(not_a_gateway(url, response)) from exc
    raise AskFailed(f"status {response.status_code}: {message}")


def not_a_gateway(url: str, response: httpx2.Response) -> str:
    """That another server answers, and where it sends its callers."""
    location = response.headers.get("location")
    sent = f", location {shown(without_password(location))}" if location else ""
    return (
        f"what answers at {without_password(url)} is not a Nerve gateway "
        f"(status {response.status_code}{sent})"
    )

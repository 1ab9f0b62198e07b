"""One question to a running gateway."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import httpx2

from deploy.credentials import key_header


class AskFailed(Exception):
    """Why a running gateway gave no answer."""


def ask(
    url: str,
    text: str,
    model: str | None = None,
    labels: Sequence[str] = (),
    *,
    timeout_s: float = 600.0,
) -> dict[str, Any]:
    """The answer of ``POST /extract``; raises AskFailed with the gateway's own message."""
    request = {"text": text, "model": model, "labels": list(labels) or None}
    body = {name: value for name, value in request.items() if value is not None}
    try:
        with httpx2.Client(timeout=timeout_s, trust_env=False, headers=key_header()) as client:
            response = client.post(f"{url.rstrip('/')}/extract", json=body)
    except UnicodeEncodeError as exc:
        raise AskFailed("the text is not UTF-8") from exc
    except httpx2.ReadTimeout as exc:
        raise AskFailed(f"the gateway at {url} gave no answer within {timeout_s:.0f} s") from exc
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        raise AskFailed(f"no gateway answers at {url} ({exc}); start one with `nerve up`") from exc
    return _answer(url, response)


def _answer(url: str, response: httpx2.Response) -> dict[str, Any]:
    try:
        answer = response.json()
        if response.status_code == HTTPStatus.OK and "entities" in answer:
            return dict(answer)
        message = answer["error"]["message"]
    except (ValueError, KeyError, TypeError) as exc:
        raise AskFailed(f"what answers at {url} is not a Nerve gateway") from exc
    raise AskFailed(f"status {response.status_code}: {message}")

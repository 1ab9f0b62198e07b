"""One question to a running gateway."""

from http import HTTPStatus
from typing import Any

import httpx2

from deploy.errors import AskFailed

TIMEOUT_S = 120.0


def ask(url: str, text: str, model: str | None, labels: list[str] | None) -> dict[str, Any]:
    """The answer of ``POST /extract``; raises AskFailed with the gateway's own message."""
    request = {"text": text, "model": model, "labels": labels or None}
    body = {name: value for name, value in request.items() if value is not None}
    try:
        with httpx2.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            response = client.post(f"{url.rstrip('/')}/extract", json=body)
            answer: dict[str, Any] = response.json()
    except (httpx2.HTTPError, httpx2.InvalidURL) as exc:
        raise AskFailed(f"no gateway answers at {url} ({exc}); start one with `nerve up`") from exc
    except ValueError as exc:
        raise AskFailed(f"what answers at {url} is not a Nerve gateway") from exc
    if response.status_code != HTTPStatus.OK:
        raise AskFailed(f"status {response.status_code}: {_message(answer)}")
    return answer


def _message(answer: dict[str, Any]) -> object:
    error = answer.get("error")
    return error.get("message") if isinstance(error, dict) else answer

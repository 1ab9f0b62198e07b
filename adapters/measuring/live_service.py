"""The live service, asked over HTTP: what it says of a sentence, and with which weights."""

from asyncio import sleep
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx2

from adapters.data.label_file import in_request
from service.ner.types import Constraint, Label, Overlaps
from service.settings import without_password

# An answer that lacks a part of a text; no place, or no engine for the moment: the answer says when
# to ask again; a slow engine. More than this often is a fault of its own.
_ATTEMPTS: dict[int, int] = {
    httpx2.codes.OK: 2,
    httpx2.codes.TOO_MANY_REQUESTS: 50,
    httpx2.codes.SERVICE_UNAVAILABLE: 12,
    httpx2.codes.GATEWAY_TIMEOUT: 3,
}
# No sentence was sent.
_NOT_CONNECTED = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class EvaluationError(Exception):
    """The service cannot be reached or refused a sentence: says what it answered."""


class SentenceError(EvaluationError):
    """The service did not answer this sentence, which may be at fault: says what it answered."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where to ask, and what for.

    ``model`` None is the service's to choose; ``labels`` are asked for as they are written and
    described, answers have their names, and none are the model's own; ``raw_scores`` asks for
    scores as the model gives them; ``overlaps`` and ``end_bias`` as in a request; ``timeout`` in
    seconds.
    """

    url: str
    model: str | None = None
    constraint: Constraint = "grounded"
    labels: tuple[Label, ...] = ()
    api_key: str | None = None
    concurrency: int = 16
    timeout: float = 600.0
    raw_scores: bool = False
    overlaps: Overlaps = "longest"
    end_bias: float | None = None


def connected(service: Service) -> httpx2.AsyncClient:
    """A client of the gateway, to be closed."""
    headers = {"authorization": f"Bearer {service.api_key}"} if service.api_key else {}
    return httpx2.AsyncClient(
        base_url=service.url, headers=headers, timeout=service.timeout, trust_env=False
    )


async def weights(client: httpx2.AsyncClient, service: Service) -> dict[str, str | None]:
    """model → the first digits of its weights' sha256; nothing where models may not be listed.

    Raises EvaluationError where no gateway answers.
    """
    try:
        answer = await client.get("/v1/models")
    except httpx2.HTTPError as exc:
        said = str(exc) or type(exc).__name__
        raise EvaluationError(
            f"no gateway answers at {without_password(service.url)} ({said}); start one with "
            "`nerve up`"
        ) from exc
    listed = _object(service, answer, "data")["data"] if answer.is_success else []
    return {model["id"]: model.get("weights") for model in listed}


async def extract(client: httpx2.AsyncClient, service: Service, text: str) -> dict[str, Any]:
    """The whole answer to one sentence, asked again where that helps; raises EvaluationError, and
    SentenceError where the sentence may be at fault."""
    body = _body(service, text)
    attempts = Counter[int]()
    while True:
        try:
            answer = await client.post("/extract", json=body)
        except httpx2.HTTPError as exc:
            error = EvaluationError if isinstance(exc, _NOT_CONNECTED) else SentenceError
            said = str(exc) or type(exc).__name__
            raise error(f"{without_password(service.url)}/extract: {said}") from exc
        status = answer.status_code
        if status == httpx2.codes.OK:
            row = _object(service, answer, "entities")
            if not row.get("partial"):
                return row
        attempts[status] += 1
        if attempts[status] >= _ATTEMPTS.get(status, 1):
            break
        await sleep(retry_after(answer))
    error = SentenceError if _may_be_the_sentence(answer) else EvaluationError
    raise error(f"{without_password(service.url)}/extract {_said(answer)}")


def retry_after(answer: httpx2.Response) -> float:
    """When to ask again, in seconds from now, up to ten minutes; 1 where no number is said: a proxy
    may say a date."""
    try:
        said = float(answer.headers.get("retry-after", "1"))
    except ValueError:
        return 1.0
    return min(max(0.1, said), 600.0)  # in this order NaN becomes 0.1


def _body(service: Service, text: str) -> dict[str, Any]:
    body: dict[str, Any] = {"text": text, "constraint": service.constraint}
    if service.model is not None:
        body["model"] = service.model
    if service.labels:
        body["labels"] = in_request(service.labels)
    if service.raw_scores:
        body["scores"] = "raw"
    if service.overlaps != "longest":
        body["overlaps"] = service.overlaps
    if service.end_bias is not None:
        body["end_bias"] = service.end_bias
    return body


def _object(service: Service, answer: httpx2.Response, key: str) -> dict[str, Any]:
    """What it has, ``key`` included; raises EvaluationError where it is another's."""
    try:
        found = dict(answer.json())
        found[key]
    except (KeyError, TypeError, ValueError) as exc:
        raise EvaluationError(
            f"what answers at {without_password(service.url)} is not a Nerve gateway"
        ) from exc
    return found


def _may_be_the_sentence(answer: httpx2.Response) -> bool:
    """Not where any sentence would be refused: for the api key, the model, another field, a full
    gateway, no engine."""
    param = _error(answer).get("param")
    match answer.status_code:
        case httpx2.codes.SERVICE_UNAVAILABLE:
            return False
        case httpx2.codes.OK:  # a part of the text has no answer
            return True
        case httpx2.codes.CONTENT_TOO_LARGE:
            return param in ("text", None)
        case status:
            return param == "text" or status >= httpx2.codes.INTERNAL_SERVER_ERROR


def _error(answer: httpx2.Response) -> dict[str, Any]:
    """The gateway's error; nothing where it is of what stands before the gateway."""
    try:
        return dict(answer.json()["error"])
    except (KeyError, TypeError, ValueError):
        return {}


def _said(answer: httpx2.Response) -> str:
    if answer.status_code == httpx2.codes.OK:
        chunk = answer.json()["chunks"][0]
        where = f"[{chunk['start']}, {chunk['end']})"
        return f"did not answer for {where} of a text: {chunk['error']['message']}"
    message = _error(answer).get("message", answer.text[:500])
    return f"answered {answer.status_code}: {message}"

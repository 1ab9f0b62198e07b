"""Evaluation through the live service: every sentence goes to ``POST /extract``.

So what is measured is what a caller gets: prompt, engine, decoding, alignment and all.
"""

import asyncio
import time
from asyncio import sleep
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from adapters.data.examples import Example
from adapters.data.label_file import in_request
from service.ner.types import Constraint, Entity, Label, Overlaps

# An answer that lacks a part of a text; no place, or no engine for the moment: the answer says when
# to ask again. More than this often is a fault of its own.
_ATTEMPTS: dict[int, int] = {
    httpx2.codes.OK: 2,
    httpx2.codes.TOO_MANY_REQUESTS: 50,
    httpx2.codes.SERVICE_UNAVAILABLE: 12,
}


class EvaluationError(Exception):
    """The service cannot be reached or refused a sentence: says what it answered."""


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


@dataclass(frozen=True, slots=True)
class Answers:
    """What the service said, in the order of the sentences.

    ``dropped``: reason → number. ``seconds``: of the whole run. ``completion_tokens``: in all.
    ``labels``: the names asked for, none for all of the model's. ``weights``: the first digits of
    the adapter's sha256; None for a base model, or where the api key may not ask for models.
    ``raw_scores``: are these the scores? ``end_bias`` as it was asked for; None: the model's own.
    """

    model: str
    constraint: Constraint
    predicted: tuple[Example, ...]
    dropped: Mapping[str, int]
    truncated: int
    completion_tokens: int
    seconds: float
    labels: tuple[str, ...] = ()
    weights: str | None = None
    raw_scores: bool = False
    overlaps: Overlaps = "longest"
    end_bias: float | None = None


def ask(
    service: Service, texts: Sequence[str], done: Callable[[int], None] = lambda _: None
) -> Answers:
    """Send every text, ``concurrency`` at a time; ``done`` hears how many are through.

    Raises EvaluationError at the first sentence without an answer, or without a part of it, and
    when the adapter's weights were replaced meanwhile.
    """
    began = time.monotonic()
    rows, weights = asyncio.run(_all(service, texts, done))
    return Answers(
        model=rows[0]["model"] if rows else service.model or "",
        constraint=service.constraint,
        predicted=tuple(
            _example(text, row, service.labels) for text, row in zip(texts, rows, strict=True)
        ),
        dropped=Counter(item["reason"] for row in rows for item in row["dropped"]),
        truncated=sum(row["truncated"] for row in rows),
        completion_tokens=sum(row["usage"]["completion_tokens"] for row in rows),
        seconds=time.monotonic() - began,
        labels=tuple(label.name for label in service.labels),
        weights=weights,
        raw_scores=service.raw_scores,
        overlaps=service.overlaps,
        end_bias=service.end_bias,
    )


async def _all(
    service: Service, texts: Sequence[str], done: Callable[[int], None]
) -> tuple[list[dict[str, Any]], str | None]:
    """The answers, and the weights that gave them."""
    rows: list[dict[str, Any]] = [{} for _ in texts]
    waiting = iter(enumerate(texts))
    headers = {"authorization": f"Bearer {service.api_key}"} if service.api_key else {}
    through = 0

    async def work(client: httpx2.AsyncClient) -> None:
        nonlocal through
        for place, text in waiting:
            rows[place] = await _extract(client, service, text)
            through += 1
            done(through)

    async with httpx2.AsyncClient(
        base_url=service.url, headers=headers, timeout=service.timeout, trust_env=False
    ) as client:
        before = await _weights(client, service)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(service.concurrency):
                    group.create_task(work(client))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
        after = await _weights(client, service)
    name = rows[0]["model"] if rows else ""
    known = {one.get(name) for one in (before, after)} - {None}
    if len(known) > 1:
        raise EvaluationError(
            f"the weights of {name} were replaced while it was measured: "
            f"{before.get(name)} before, {after.get(name)} now; measure once more"
        )
    return rows, next(iter(known), None)


async def _weights(client: httpx2.AsyncClient, service: Service) -> dict[str, str | None]:
    """model → the first digits of its weights' sha256; nothing where models may not be listed."""
    try:
        answer = await client.get("/v1/models")
    except httpx2.HTTPError as exc:
        said = str(exc) or type(exc).__name__
        raise EvaluationError(
            f"no gateway answers at {service.url} ({said}); start one with `nerve up`"
        ) from exc
    listed = _object(service, answer, "data")["data"] if answer.is_success else []
    return {model["id"]: model.get("weights") for model in listed}


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


async def _extract(client: httpx2.AsyncClient, service: Service, text: str) -> dict[str, Any]:
    body = _body(service, text)
    attempts = Counter[int]()
    while True:
        try:
            answer = await client.post("/extract", json=body)
        except httpx2.HTTPError as exc:
            said = str(exc) or type(exc).__name__
            raise EvaluationError(f"{service.url}/extract: {said}") from exc
        status = answer.status_code
        if status == httpx2.codes.OK:
            row = _object(service, answer, "entities")
            if not row.get("partial"):
                return row
        attempts[status] += 1
        if attempts[status] >= _ATTEMPTS.get(status, 1):
            break
        await sleep(float(answer.headers.get("retry-after", "1")))
    raise EvaluationError(f"{service.url}/extract {_said(answer)}")


def _object(service: Service, answer: httpx2.Response, key: str) -> dict[str, Any]:
    """What it has, ``key`` included; raises EvaluationError where it is another's."""
    try:
        found = dict(answer.json())
        found[key]
    except (KeyError, TypeError, ValueError) as exc:
        raise EvaluationError(f"what answers at {service.url} is not a Nerve gateway") from exc
    return found


def _said(answer: httpx2.Response) -> str:
    if answer.status_code == httpx2.codes.OK:
        chunk = answer.json()["chunks"][0]
        where = f"[{chunk['start']}, {chunk['end']})"
        return f"did not answer for {where} of a text: {chunk['error']['message']}"
    try:
        message = answer.json()["error"]["message"]
    except (KeyError, TypeError, ValueError):  # of what stands before the gateway
        message = answer.text[:500]
    return f"answered {answer.status_code}: {message}"


def _example(text: str, row: Mapping[str, Any], labels: Sequence[Label]) -> Example:
    """The answer, where labels have their names again."""
    names = {label.written: label.name for label in labels}
    keys = ("start", "end", "score")
    return Example(
        text,
        tuple(
            Entity(names.get(item["label"], item["label"]), *(item[key] for key in keys))
            for item in row["entities"]
        ),
    )

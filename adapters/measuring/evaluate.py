"""Evaluation through the live service: every sentence goes to ``POST /extract``.

So what is measured is what a caller gets: prompt, engine, decoding, alignment and all.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

from adapters.data.examples import Example
from adapters.measuring import live_service
from adapters.measuring.live_service import EvaluationError, SentenceError, Service
from service.ner.types import Constraint, Entity, Label, Overlaps
from service.wire.wording import shown


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

    Raises EvaluationError at the first sentence without an answer, or without a part of it, which
    it names where it may be at fault, and when the adapter's weights were replaced meanwhile, or
    another model became the default.
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
    async with live_service.connected(service) as client:
        before = await live_service.weights(client, service)
        rows = await _answers(client, service, texts, done)
        after = await live_service.weights(client, service)
    return rows, _unchanged(_one_model(rows), before, after)


async def _answers(
    client: httpx2.AsyncClient,
    service: Service,
    texts: Sequence[str],
    done: Callable[[int], None],
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{} for _ in texts]
    waiting = iter(enumerate(texts))
    through = 0

    async def work() -> None:
        nonlocal through
        for place, text in waiting:
            try:
                rows[place] = await live_service.extract(client, service, text)
            except SentenceError as exc:
                where = f"row {place + 1} of {len(texts)}, {shown(text)}"
                raise SentenceError(f"{where}: {exc}") from exc
            through += 1
            done(through)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(service.concurrency):
                group.create_task(work())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return rows


def _one_model(rows: Sequence[Mapping[str, Any]]) -> str:
    """Who answered, "" where nothing was asked; raises EvaluationError for more than one."""
    models = sorted({row["model"] for row in rows})
    if len(models) > 1:
        raise EvaluationError(
            f"{' and '.join(models)} answered: the default was changed while it was measured; "
            "measure once more, or name one of them (--model)"
        )
    return models[0] if models else ""


def _unchanged(
    name: str, before: Mapping[str, str | None], after: Mapping[str, str | None]
) -> str | None:
    """The weights of ``name``; raises EvaluationError where they were replaced meanwhile."""
    known = {one.get(name) for one in (before, after)} - {None}
    if len(known) > 1:
        raise EvaluationError(
            f"the weights of {name} were replaced while it was measured: "
            f"{before.get(name)} before, {after.get(name)} now; measure once more"
        )
    return next(iter(known), None)


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

"""Sentences a second: our defaults beside the naive set-up, on our engine and on others, in one
run.

Each round takes other sentences, so that no prompt is in the engine's cache from a round before;
within a round every set-up gets the same.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx2

from adapters.data.examples import Example
from adapters.measuring.evaluate import ask
from adapters.measuring.live_service import Service
from adapters.measuring.score import score
from deploy.bench.documents import naive
from deploy.bench.errors import BenchError
from deploy.bench.summary import Figure
from service.models.manifest import Adapter
from service.ner.align import align
from service.ner.formats import FORMATS
from service.ner.types import Label

OURS, UNTUNED, SAME, TUNED = "nerve", "naive, base model", "naive, same answers", "naive, tuned"
PLAIN, PLAIN_UNTUNED = "naive, tuned, vLLM's own flags", "naive, base model, vLLM's own flags"
LLAMA, LLAMA_SAME = "naive, base model, llama.cpp", "naive, same answers, llama.cpp"
DICTATED = (SAME, LLAMA_SAME)
_JSON = FORMATS["json"]
_TIMEOUT_S = 600.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Stand:
    """Both servers' addresses, our adapter, the base model's name in the engine; ``tuned`` is the
    engine's name of an adapter that was trained on the naive prompt and answers, if there is one;
    ``plain`` the address of an engine without our flags that has it under that name, ``llama`` that
    of llama.cpp's server with the base model.
    """

    gateway: str
    engine: str
    adapter: Adapter
    tuned: str | None = None
    plain: str | None = None
    llama: str | None = None
    api_key: str | None = None

    def setups(self) -> dict[str, str]:
        """Each with its address. Their order matters: the same answers are ours, which have to be
        there."""
        found = {OURS: self.gateway, SAME: self.engine, UNTUNED: self.engine}
        if self.tuned:
            found[TUNED] = self.engine
        if self.plain:
            found[PLAIN if self.tuned else PLAIN_UNTUNED] = self.plain
        if self.llama:
            found |= {LLAMA: self.llama, LLAMA_SAME: self.llama}
        return found


@dataclass(frozen=True, slots=True)
class Run:
    """What one set-up did with one slice."""

    setup: str
    at_once: int
    seconds: float
    prompt_tokens: int
    completion_tokens: int
    predicted: tuple[Example, ...]


def slices(gold: Sequence[Example], rounds: int, at_once: Sequence[int], size: int) -> list[Any]:
    """(at_once, rows) of every round, no row twice; raises BenchError for too few rows."""
    needed = rounds * len(at_once) * size
    if len(gold) < needed:
        raise BenchError(
            f"the file has {len(gold)} rows; {rounds} rounds of {size} at {len(at_once)} "
            f"concurrencies need {needed}, since none may come twice"
        )
    plan = [number for _ in range(rounds) for number in at_once]
    return [(number, gold[place * size : (place + 1) * size]) for place, number in enumerate(plan)]


def measure(stand: Stand, parts: Sequence[Any], tell: Tell) -> list[Run]:
    """All runs; raises BenchError, EvaluationError."""
    runs: list[Run] = []
    for at_once, rows in parts:
        ours: tuple[Example, ...] = ()
        for setup in stand.setups():
            if setup == OURS:
                runs.append(_ours(stand, at_once, rows))
                ours = runs[-1].predicted
            else:
                runs.append(asyncio.run(_naive(stand, setup, at_once, rows, ours)))
            speed = len(rows) / runs[-1].seconds
            tell(f"{setup}, {at_once} at a time: {speed:.2f} sentences/s")
    return runs


def rows(runs: Sequence[Run], parts: Sequence[Any]) -> list[dict[str, Any]]:
    """One a set-up and concurrency; F1 is text-set, over all its sentences."""
    found = []
    for setup, at_once in dict.fromkeys((run.setup, run.at_once) for run in runs):
        own = [run for run in runs if (run.setup, run.at_once) == (setup, at_once)]
        gold = [one for number, part in parts if number == at_once for one in part]
        predicted = [one for run in own for one in run.predicted]
        speeds = [len(run.predicted) / run.seconds for run in own]
        found.append(
            {
                "setup": setup,
                "at_once": at_once,
                "sentences_per_s": asdict(Figure.of(speeds)),
                "prompt_tokens": sum(run.prompt_tokens for run in own) / len(gold) or None,
                "completion_tokens": sum(run.completion_tokens for run in own) / len(gold),
                "text_f1": None if setup in DICTATED else score(gold, predicted, "text").micro.f1,
            }
        )
    return found


def _ours(stand: Stand, at_once: int, gold: Sequence[Example]) -> Run:
    name = stand.adapter.name
    service = Service(
        stand.gateway, name, concurrency=at_once, timeout=_TIMEOUT_S, api_key=stand.api_key
    )
    answers = ask(service, [example.text for example in gold])
    # The gateway tells the prompt's tokens too; ``Answers`` keeps those of the completions.
    return Run(OURS, at_once, answers.seconds, 0, answers.completion_tokens, answers.predicted)


async def _naive(
    stand: Stand, setup: str, at_once: int, gold: Sequence[Example], ours: Sequence[Example]
) -> Run:
    answers: list[Mapping[str, Any]] = [{} for _ in gold]
    waiting = iter(range(len(gold)))
    began = time.monotonic()
    async with httpx2.AsyncClient(
        base_url=stand.setups()[setup],
        timeout=_TIMEOUT_S,
        trust_env=False,
    ) as client:

        async def work() -> None:
            for place in waiting:
                same = ours[place] if setup in DICTATED else None
                answers[place] = await _ask(client, _body(stand, setup, gold[place].text, same))

        await asyncio.gather(*(work() for _ in range(at_once)))
    seconds = time.monotonic() - began
    labels = stand.adapter.labels
    return Run(
        setup,
        at_once,
        seconds,
        sum(answer["usage"]["prompt_tokens"] for answer in answers),
        sum(answer["usage"]["completion_tokens"] for answer in answers),
        tuple(_read(row.text, answer, labels) for row, answer in zip(gold, answers, strict=True)),
    )


def _body(stand: Stand, setup: str, text: str, same: Example | None) -> dict[str, Any]:
    adapter, labels = stand.adapter, stand.adapter.labels
    models = {SAME: adapter.engine_name, TUNED: stand.tuned, PLAIN: stand.tuned}
    body = {
        "model": models.get(setup, adapter.base),
        "messages": naive.messages(text, labels),
        "temperature": 0,
        "max_tokens": naive.MAX_TOKENS,
    }
    if same is not None:
        dictated = naive.dictated(text, same.entities, labels)
        if setup == LLAMA_SAME:
            return {**body, "grammar": f"root ::= {json.dumps(dictated, ensure_ascii=False)}"}
        return {**body, "structured_outputs": {"choice": [dictated]}}
    return {**body, "response_format": naive.schema(labels)}


async def _ask(client: httpx2.AsyncClient, body: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        answer = await client.post("/v1/chat/completions", json=body)
    except httpx2.HTTPError as exc:
        raise BenchError(f"the engine: {exc or type(exc).__name__}") from exc
    if answer.status_code != httpx2.codes.OK:
        raise BenchError(f"the engine answered {answer.status_code}: {answer.text[:300]}")
    found: Mapping[str, Any] = answer.json()
    return found


def _read(text: str, answer: Mapping[str, Any], labels: Sequence[Label]) -> Example:
    """With our decoding and alignment, which give the naive set-up more than it has."""
    choice = answer["choices"][0]
    complete = choice["finish_reason"] == "stop"
    decoded = _JSON.decode(choice["message"]["content"] or "", labels, complete=complete)
    return Example(text, align(text, decoded.mentions, "all").entities)

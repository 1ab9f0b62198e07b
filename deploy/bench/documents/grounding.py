"""``python -m deploy.bench grounding``: the grammar's price on a real engine, by length of text.

The same prompts with and without a grammar that allows substrings of the text only; every answer
has the same number of tokens, so only the grammar's making and its masks differ.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Annotated, Any

import httpx2
import typer

from deploy.bench.errors import BenchError
from deploy.bench.gateways.engine import SENTENCE
from deploy.bench.machine import machine, versions
from deploy.bench.options import REPORTS, NoPicture, Out
from deploy.bench.report import draw, head, keep, today
from deploy.bench.summary import Figure
from deploy.commands.options import HOME, Home
from service.ner.formats.one_line import span_rules

_TOKENS = 24
_TIMEOUT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One length, in kB of UTF-8, and one number of requests at a time."""

    kb: float
    at_once: int


def grounding(
    model: Annotated[str, typer.Option(help="the engine's name of a model")],
    engine: Annotated[str, typer.Option(help="the engine's address")] = "http://127.0.0.1:8000",
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    kb: Annotated[list[float] | None, typer.Option(help="length of text; repeatable")] = None,
    at_once: Annotated[list[int] | None, typer.Option(help="repeatable")] = None,
    most_kb: Annotated[
        float, typer.Option(help="leave out what would have more text than this at a time")
    ] = 1024,
    out: Out = REPORTS,
    home: Home = HOME,
    picture: NoPicture = True,
) -> None:
    """The grammar's price: time of a request with it and without, on a running engine.

    16 kB of Chinese need a window of about 8,000 tokens (NERVE_MAX_MODEL_LEN=8192 `nerve engine`);
    lengths that the engine refuses are left out and named.
    """
    asked = product(kb or (0.1, 1, 4, 16), at_once or (1, 16, 64))
    cells = [Cell(size, number) for size, number in asked if size * number <= most_kb]
    about = {"kind": "grounding", "date": today(), "machine": machine(), "versions": versions(None)}
    rows, refused = asyncio.run(_all(engine.rstrip("/"), model, cells, rounds, typer.echo))
    plan = {"rounds": rounds, "model": model, "tokens": _TOKENS}
    found = {**about, "plan": plan, "rows": rows, "refused": refused}
    text = grounding_text(found)
    kept, _ = keep(found, "grounding", text, out)
    if picture:
        draw(kept, home)
    typer.echo(text)


async def _all(
    engine: str, model: str, cells: Sequence[Cell], rounds: int, tell: Callable[[str], None]
) -> tuple[list[dict[str, Any]], list[str]]:
    rows, refused = [], []
    async with httpx2.AsyncClient(base_url=engine, timeout=_TIMEOUT_S, trust_env=False) as client:
        for cell in cells:
            try:
                rows.append(await _cell(client, model, cell, rounds))
            except BenchError as exc:
                refused.append(f"{cell.kb:g} kB, {cell.at_once} at a time: {exc}")
                tell(refused[-1])
                continue
            tell(f"{cell.kb:g} kB, {cell.at_once} at a time: {rows[-1]['ratio']['median']:.2f}")
    if not rows:
        raise BenchError(f"the engine answered nothing: {refused[0]}")
    return rows, refused


async def _cell(client: httpx2.AsyncClient, model: str, cell: Cell, rounds: int) -> dict[str, Any]:
    """One row; a round that is not counted comes first. Raises BenchError."""
    times: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds + 1):
        for grounded in (True, False) if number % 2 else (False, True):
            bodies = [
                _body(model, _text(cell, f"{number}/{grounded}/{place}"), grounded)
                for place in range(cell.at_once)
            ]
            seconds = await _wave(client, bodies)
            if number:
                times[grounded].append(seconds / cell.at_once * 1000)
    ratios = [on / off for on, off in zip(times[True], times[False], strict=True)]
    return {
        "kb": cell.kb,
        "at_once": cell.at_once,
        "with_ms": asdict(Figure.of(times[True])),
        "without_ms": asdict(Figure.of(times[False])),
        "ratio": asdict(Figure.of(ratios)),
    }


def _text(cell: Cell, mark: str) -> str:
    """Of the cell's length; ``mark`` stands first, so no two texts share a beginning that the
    engine has in its cache."""
    size = max(int(cell.kb * 1000) - len(mark), 1)
    sentences = SENTENCE * (size // len(SENTENCE.encode()) + 1)
    return mark + sentences.encode()[:size].decode(errors="ignore")


def _body(model: str, text: str, grounded: bool) -> dict[str, Any]:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": text}],
        "temperature": 0,
        "min_tokens": _TOKENS,
        "max_tokens": _TOKENS,
    }
    if grounded:
        # Lines without an end: the answer can always go on to the last token.
        grammar = "\n".join(['start: SPAN ("\\n" SPAN)*', *span_rules(text, "grounded")])
        body["structured_outputs"] = {"grammar": grammar}
    return body


async def _wave(client: httpx2.AsyncClient, bodies: Sequence[dict[str, Any]]) -> float:
    """Seconds until all are answered; raises BenchError."""
    began = time.perf_counter()
    try:
        answers = await asyncio.gather(
            *(client.post("/v1/chat/completions", json=body) for body in bodies)
        )
    except httpx2.HTTPError as exc:
        raise BenchError(f"the engine: {exc or type(exc).__name__}") from exc
    for answer in answers:
        if answer.status_code != httpx2.codes.OK:
            raise BenchError(f"the engine answered {answer.status_code}: {answer.text[:200]}")
    return time.perf_counter() - began


def grounding_text(found: dict[str, Any]) -> str:
    """The report for people."""
    plan = found["plan"]
    lines = head("Grounding's price", found)
    lines += [
        f"{plan['model']}; {plan['rounds']} rounds, each of as many requests as go at a time, "
        f"{plan['tokens']} tokens each; milliseconds a request, median (lowest–highest).",
        "",
        "| text, kB | at a time | with grammar | without | ratio |",
        "|---|---|---|---|---|",
    ]
    for row in found["rows"]:
        times = [Figure(**row[name]).shown(1, 1) for name in ("with_ms", "without_ms")]
        ratio = Figure(**row["ratio"]).shown(1, 2)
        lines.append(f"| {row['kb']:g} | {row['at_once']} | {times[0]} | {times[1]} | {ratio} |")
    left_out = [f"- left out: {reason}" for reason in found["refused"]]
    return "\n".join([*lines, "", *left_out, *([""] if left_out else [])])

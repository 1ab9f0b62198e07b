"""``python -m deploy.bench documents``: sentences a second on a running engine and gateway."""

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from adapters.data.readers import Kind
from deploy.bench.documents.compared import DICTATED, SAME, Stand, measure, rows, slices
from deploy.bench.documents.llama import llama_server
from deploy.bench.machine import machine, versions
from deploy.bench.options import REPORTS, NoPicture, Out
from deploy.bench.report import draw, head, keep, today
from deploy.bench.summary import Figure
from deploy.commands.options import HOME, Home, Url
from deploy.commands.running import settings
from deploy.credentials import api_key
from deploy.factory.gold import Wanted, gold_rows
from service.models.manifest import load
from service.models.registry import default_of


def documents(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="labelled rows; none is kept")],
    kind: Annotated[Kind, typer.Option(help="how the rows are written")] = "auto",
    held_out: Annotated[int, typer.Option(help="of a training file, the rows held out")] = 0,
    engine: Annotated[str, typer.Option(help="the engine's address")] = "http://127.0.0.1:8000",
    url: Url = "http://127.0.0.1:8080",
    model: Annotated[str | None, typer.Option(help="an adapter; else the default")] = None,
    tuned: Annotated[
        str | None, typer.Option(help="the engine's name of an adapter for the naive set-up")
    ] = None,
    plain: Annotated[
        str | None, typer.Option(help="address of an engine as vLLM's documents start it")
    ] = None,
    llama: Annotated[
        bool, typer.Option("--llama", help="beside llama.cpp's server, with the base model's GGUF")
    ] = False,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    size: Annotated[int, typer.Option(min=1, help="sentences of each set-up in a round")] = 32,
    at_once: Annotated[list[int] | None, typer.Option(help="repeatable")] = None,
    out: Out = REPORTS,
    home: Home = HOME,
    picture: NoPicture = True,
) -> None:
    """Our defaults beside the naive set-up: a long prompt in the user's turn, JSON, a schema.

    Needs a running `nerve up`, on a machine that does nothing else.
    """
    found = settings()
    adapter = load(found.adapters / (model or default_of(found.adapters) or ""))
    gold = gold_rows(found, Wanted(data, kind, held_out), typer.echo, model=adapter.name)
    numbers = at_once or (1, 16)
    parts = slices(gold, rounds, numbers, size)
    about = {"kind": "documents", "date": today(), "machine": machine(), "versions": versions(None)}
    with llama_server(adapter.base, max(numbers), home) if llama else nullcontext() as other:
        stand = Stand(url, engine.rstrip("/"), adapter, tuned, plain, other, api_key())
        runs = measure(stand, parts, typer.echo)
    plan = {"rounds": rounds, "size": size, "model": adapter.name, "base": adapter.base}
    report = {**about, "plan": plan, "rows": rows(runs, parts)}
    text = documents_text(report)
    kept, _ = keep(report, "documents", text, out)
    if picture:
        draw(kept, home)
    typer.echo(text)


def documents_text(found: dict[str, Any]) -> str:
    """The report for people."""
    plan = found["plan"]
    lines = head("Sentences a second on a real engine", found)
    lines += [
        f"{plan['model']} on {plan['base']}; {plan['rounds']} rounds of {plan['size']} sentences "
        "each, no sentence twice; median of the rounds (lowest–highest).",
        "",
        "| at a time | set-up | sentences/s | completion tokens | text-set F1 |",
        "|---|---|---|---|---|",
    ]
    for row in sorted(found["rows"], key=lambda row: int(row["at_once"])):
        f1 = "as nerve's" if row["setup"] in DICTATED else f"{row['text_f1']:.3f}"
        speed = Figure(**row["sentences_per_s"]).shown(1, 2)
        tokens = f"{row['completion_tokens']:.1f}"
        lines.append(f"| {row['at_once']} | {row['setup']} | {speed} | {tokens} | {f1} |")
    return "\n".join([*lines, "", *_NOTES, ""])


_NOTES = (
    f'"{SAME}": the same adapter, the naive prompt, held to what nerve answered, written as the '
    "naive set-up's JSON: the price of prompt and format alone, with the same entities. It is not "
    "an accuracy. The base model is not tuned, so its F1 compares with nobody's.",
)

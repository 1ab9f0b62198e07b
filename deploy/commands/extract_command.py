"""``nerve extract``: the entities of a text, or of every row of a file."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from deploy import GATEWAY_URL
from deploy.commands.options import clear_errors

if TYPE_CHECKING:
    from deploy.bulk.extract import Job
    from deploy.bulk.rows import Kind
    from deploy.bulk.run import Service

Urls = Annotated[
    list[str],
    typer.Option(envvar="NERVE_URL", help="the gateway's address; with --out, repeatable"),
]
Out = Annotated[
    Path | None,
    typer.Option(help="write the entities of every row of a file; the same command resumes"),
]
FormatOption = Annotated[
    Literal["jsonl", "csv", "conll", "brat", "displacy"] | None,
    typer.Option("--format", help="of --out; else by its name: .jsonl .csv .conll .brat .html"),
]
KindOption = Annotated[
    str,
    typer.Option(
        "--kind", help="txt (a text a line), csv, jsonl, parquet; else by the file's name"
    ),
]
Column = Annotated[str, typer.Option(help="the CSV or Parquet column of the text")]
Field = Annotated[str, typer.Option(help="the JSON field of the text")]
SideBySide = Annotated[
    int, typer.Option(min=1, max=1000, metavar="N", help="rows at a time; fewer after a 429")
]
Retry = Annotated[bool, typer.Option(help="ask again for the rows of OUT.failed.jsonl")]
Patience = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="give up once every gateway is down so long")
]


def extract(
    text: Annotated[str, typer.Argument(help="the text; with --out, a file; - is standard input")],
    model: Annotated[str | None, typer.Option(help="an adapter or the base model")] = None,
    label: Annotated[list[str] | None, typer.Option(help="a label to find; repeatable")] = None,
    url: Urls = [GATEWAY_URL],  # noqa: B006 - Typer copies it
    as_json: Annotated[bool, typer.Option("--json", help="print the answer as JSON")] = False,
    out: Out = None,
    out_format: FormatOption = None,
    kind: KindOption = "",
    column: Column = "text",
    field: Field = "text",
    concurrency: SideBySide = 16,
    retry_failed: Retry = False,
    patience: Patience = 300.0,
) -> None:
    """Find the entities of a text, or of every row of a file (--out), through running gateways.

    The status is 1 when a part of the text failed; with --out 0 when all rows are done, 1 when some
    failed, 130 after Ctrl-C.
    """
    if out is None:
        _one(text, model, label or [], url[0], as_json)
        return
    from deploy.bulk.extract import Job
    from deploy.bulk.files import Files, format_of
    from deploy.bulk.rows import kind_of
    from deploy.bulk.run import Service

    chosen = kind_of(Path(text)) if not kind else _kind(kind)
    options = {"model": model, "labels": label or None}
    service = Service(
        url,
        concurrency,
        patience_s=patience,
        options={name: value for name, value in options.items() if value is not None},
    )
    names = {"csv": column, "parquet": column, "jsonl": field}
    with clear_errors():
        files = Files(out, out_format or format_of(out))
        failed = _rows(text, Job(chosen, names.get(chosen, "text"), files, retry_failed), service)
    raise typer.Exit(1 if failed else 0)


def _one(text: str, model: str | None, labels: list[str], url: str, as_json: bool) -> None:
    from rich.console import Console

    from deploy.client import ask
    from deploy.terminal.show import show_answer

    text = sys.stdin.read() if text == "-" else text
    with clear_errors():
        answer = ask(url, text, model, labels)
    console = Console()
    if as_json:
        console.print_json(data=answer)
    else:
        show_answer(console, text, answer)
    if answer.get("partial"):
        raise typer.Exit(1)


def _rows(source: str, job: "Job", service: "Service") -> int:
    from rich.console import Console

    from deploy.bulk.extract import again_readable
    from deploy.bulk.extract import extract as run

    console = Console(stderr=True)
    if source == "-":
        with again_readable(sys.stdin.buffer) as file:
            return run(job, file, service, console)
    with Path(source).open("rb") as file:
        return run(job, file, service, console)


def _kind(name: str) -> "Kind":
    from deploy.bulk.rows import KINDS

    for kind in KINDS:
        if kind == name:
            return kind
    raise typer.BadParameter(f"has {name!r}; expected one of {', '.join(KINDS)}", param_hint="kind")

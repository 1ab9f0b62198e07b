"""``nerve extract``: the entities of a text, or of every row of a file."""

import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import typer

from deploy import GATEWAY_URL
from deploy.commands.options import clear_errors

if TYPE_CHECKING:
    from deploy.bulk.files import Files
    from deploy.bulk.inputs.opening import Wanted
    from deploy.bulk.run import Service

Answered = tuple[str, dict[str, Any]]  # a text and its answer
Labels = list[str] | dict[str, str] | None

Urls = Annotated[
    list[str],
    typer.Option(envvar="NERVE_URL", help="the gateway's address; with --out, repeatable"),
]
Out = Annotated[
    Path | None,
    typer.Option(help="write the entities of every row of a file; the same command resumes"),
]
FormatOption = Annotated[
    Literal["jsonl", "csv", "conll", "brat", "displacy", "doccano", "label_studio"] | None,
    typer.Option(
        "--format",
        help="of --out, doccano and label_studio too; else by its name: .jsonl .csv .conll .brat "
        ".html",
    ),
]
KindOption = Annotated[
    str,
    typer.Option(
        "--kind",
        help="txt (a text a line), csv, tsv, jsonl, json (an array), parquet, xlsx; else by the "
        "file's name",
    ),
]
Column = Annotated[
    str, typer.Option(help="the column of the text, of CSV, TSV, Parquet, XLSX; else text")
]
Field = Annotated[
    str, typer.Option(help="the JSON field of the text; data.text: the one in data; else text")
]
EncodingOption = Annotated[
    str,
    typer.Option(
        "--encoding",
        help="of a file that is text: utf-8, gb18030, utf-16, …; else as its bytes tell",
    ),
]
Delimiter = Annotated[str, typer.Option(metavar="CHARACTER", help="of CSV and TSV; tab is one")]
Sheet = Annotated[str, typer.Option(help="of an XLSX file with more than one")]
SideBySide = Annotated[
    int, typer.Option(min=1, max=1000, metavar="N", help="rows at a time; fewer after a 429")
]
Retry = Annotated[bool, typer.Option(help="ask again for the rows of OUT.failed.jsonl")]
Patience = Annotated[
    float, typer.Option(min=0, metavar="SECONDS", help="give up once every gateway is down so long")
]


def extract(
    text: Annotated[
        str,
        typer.Argument(
            help="a text, or a text file; with --out a file of rows; - is standard input"
        ),
    ],
    model: Annotated[str | None, typer.Option(help="an adapter or the base model")] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(help="a label to find, NAME or NAME=DESCRIPTION; repeatable"),
    ] = None,
    url: Urls = [GATEWAY_URL],  # noqa: B006 - Typer copies it
    as_json: Annotated[bool, typer.Option("--json", help="print the answer as JSON")] = False,
    out: Out = None,
    out_format: FormatOption = None,
    kind: KindOption = "",
    column: Column = "",
    field: Field = "",
    encoding: EncodingOption = "",
    delimiter: Delimiter = "",
    sheet: Sheet = "",
    concurrency: SideBySide = 16,
    retry_failed: Retry = False,
    patience: Patience = 300.0,
) -> None:
    """Find the entities of a text, or of every row of a file (--out), through running gateways.

    The status is 1 when a part of the text failed; with --out 0 when all rows are done, 1 when some
    failed, 130 after Ctrl-C.
    """
    labels = _labels(label or ())
    if out is None:
        with clear_errors():
            answered = _one(text, encoding, model, labels, url[0])
        _show(answered, as_json)
        return
    from deploy.bulk.files import Files, format_of
    from deploy.bulk.inputs.opening import Wanted
    from deploy.bulk.run import Service

    options = {"model": model, "labels": labels}
    service = Service(
        url,
        concurrency,
        patience_s=patience,
        options={name: value for name, value in options.items() if value is not None},
    )
    wanted = Wanted(kind, column, field, encoding, delimiter, sheet)
    with clear_errors():
        files = Files(out, out_format or format_of(out))
        failed = _rows(text, wanted, files, retry_failed, service)
    raise typer.Exit(1 if failed else 0)


def _labels(said: Sequence[str]) -> Labels:
    """As a request has them: described where one is; None for the model's own."""
    found = {name: what for name, _, what in (one.partition("=") for one in said)}
    return found if any(found.values()) else list(found) or None


def _one(given: str, encoding: str, model: str | None, labels: Labels, url: str) -> Answered:
    from deploy.bulk.inputs.one_text import looks_like_a_file, named_file
    from deploy.client import ask

    if given == "-":
        text = _whole(BytesIO(sys.stdin.buffer.read()), "standard input", encoding)
    elif path := named_file(given):
        with path.open("rb") as file:
            text = _whole(file, given, encoding)
        typer.echo(f"{given}: a file, whose text is read", err=True)
    else:
        text = given
        if looks_like_a_file(given):
            typer.echo(f"{given}: no such file; taken for the text", err=True)
    return text, ask(url, text, model, labels)


def _whole(file: BinaryIO, name: str, said: str) -> str:
    from deploy.bulk.inputs.one_text import text_in

    text, encoding = text_in(file, said)
    _tell(name, encoding, said)
    return text


def _show(answered: Answered, as_json: bool) -> None:
    from rich.console import Console

    from deploy.terminal.show import show_answer

    text, answer = answered
    console = Console()
    if as_json:
        console.print_json(data=answer)
    else:
        show_answer(console, text, answer)
    if answer.get("partial"):
        raise typer.Exit(1)


def _rows(source: str, wanted: "Wanted", files: "Files", retry: bool, service: "Service") -> int:
    from rich.console import Console

    from deploy.bulk.extract import Job, again_readable, extract
    from deploy.bulk.inputs.opening import source_of

    def run(file: BinaryIO, name: str, path: Path) -> int:
        read = source_of(file, path, wanted)
        _tell(name, read.encoding, wanted.encoding)
        return extract(Job(read, files, retry), file, service, Console(stderr=True))

    if source == "-":
        with again_readable(sys.stdin.buffer) as file:
            return run(file, "standard input", Path())
    with Path(source).open("rb") as file:
        return run(file, source, Path(source))


def _tell(name: str, encoding: str, said: str) -> None:
    from deploy.bulk.inputs.opening import told

    if line := told(name, encoding, said):
        typer.echo(line, err=True)

"""``nerve extract``: the entities of a text, or of every row of a file."""

import errno
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from deploy import GATEWAY_URL
from deploy.commands.asked_labels import asked_labels
from deploy.commands.options import (
    AsJson,
    Concurrency,
    Encoding,
    FormatOption,
    LabelFile,
    LabelOption,
    Model,
    Urls,
)
from deploy.commands.row_options import (
    Column,
    Delimiter,
    Field,
    Out,
    Patience,
    Retry,
    RowKind,
    Sheet,
    refuse_options_of_rows,
)
from deploy.commands.running import clear_errors, tell

if TYPE_CHECKING:
    from deploy.bulk.files import Files
    from deploy.bulk.inputs.opening import Wanted
    from deploy.bulk.run import Service
    from service.ner.types import Label

Text = Annotated[
    str,
    typer.Argument(
        metavar="TEXT",
        help="a text, or a text file; with --out a file of rows; - is standard input",
    ),
]


def extract(
    context: typer.Context,
    text: Text,
    model: Model = None,
    label: LabelOption = None,
    labels: LabelFile = None,
    url: Urls = [GATEWAY_URL],  # noqa: B006 - Typer copies it
    as_json: AsJson = False,
    out: Out = None,
    out_format: FormatOption = None,
    kind: RowKind = None,
    column: Column = "",
    field: Field = "",
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    sheet: Sheet = "",
    concurrency: Concurrency = 16,
    retry_failed: Retry = False,
    patience: Patience = 300.0,
) -> None:
    """Find the entities of a text, or of every row of a file (--out), through running gateways.

    The status is 1 when a part of the text failed; with --out 0 when all rows are done, 1 when some
    failed, 130 after Ctrl-C.
    """
    from deploy.bulk.files import Files, format_of
    from deploy.bulk.inputs.opening import Wanted

    if out is None:
        refuse_options_of_rows(context, url)
    if out and as_json:
        raise typer.BadParameter("--json and --out: expected one of them; --format says how")
    with clear_errors():
        asked = asked_labels(label, labels)
        if out is None:
            is_whole = _one(text, encoding, url[0], model, asked, as_json)
        else:
            files = Files(out, out_format or format_of(out))
            service = _service(url, concurrency, patience, model, asked)
            wanted = Wanted(kind, column, field, encoding, delimiter, sheet)
            is_whole = _rows(text, wanted, files, retry_failed, service)
    raise typer.Exit(0 if is_whole else 1)


def _one(
    given: str,
    encoding: str,
    url: str,
    model: str | None,
    labels: Sequence["Label"],
    as_json: bool,
) -> bool:
    """Show the answer to a text; is there one to all of it?"""
    from rich.console import Console

    from adapters.data.label_file import in_request, renamed
    from deploy.bulk.inputs.one_text import text_of
    from deploy.client import ask
    from deploy.terminal.show import show_answer

    text = text_of(given, sys.stdin.buffer, encoding, tell)
    answer = renamed(ask(url, text, model, in_request(labels)), labels)
    console = Console()
    if as_json:
        console.print_json(data=answer)
    else:
        show_answer(console, text, answer)
    return not answer.get("partial")


def _service(
    urls: Sequence[str],
    concurrency: int,
    patience: float,
    model: str | None,
    labels: Sequence["Label"],
) -> "Service":
    from adapters.data.label_file import in_request
    from deploy.bulk.run import Service

    options = {"model": model, "labels": in_request(labels)}
    said = {name: value for name, value in options.items() if value is not None}
    return Service(urls, concurrency, patience_s=patience, options=said, labels=labels)


def _rows(source: str, wanted: "Wanted", files: "Files", retry: bool, service: "Service") -> bool:
    """Write the entities of every row; are all of them done?"""
    from rich.console import Console

    from deploy.bulk.extract import Job, again_readable, extract
    from deploy.bulk.inputs.kinds import known
    from deploy.bulk.inputs.opening import mistaken, source_of, told

    def run(file: BinaryIO, name: str, path: Path) -> bool:
        read = source_of(file, path, wanted)
        unsaid = read.kind == "txt" and not wanted.kind and known(path) is None
        for line in (
            told(name, read.encoding, wanted.encoding),
            mistaken(file, name, read) if unsaid else None,
        ):
            if line:
                tell(line)
        return not extract(Job(read, files, retry), file, service, Console(stderr=True))

    if source == "-":
        with again_readable(sys.stdin.buffer) as file:
            return run(file, "standard input", Path())
    with _opened(source) as file, _seekable(file) as rows:
        return run(rows, source, Path(source))


def _seekable(file: BinaryIO) -> AbstractContextManager[BinaryIO]:
    """A pipe (a shell's ``<(…)``) as standard input is."""
    from deploy.bulk.extract import again_readable

    return nullcontext(file) if file.seekable() else again_readable(file)


def _opened(source: str) -> BinaryIO:
    from service.wire.wording import shown, visible, why_unusable

    try:
        return Path(source).open("rb")
    except OSError as exc:
        named = shown(source) if exc.errno == errno.ENAMETOOLONG else f'"{visible(source)}"'
        reasons = {FileNotFoundError: "does not exist", IsADirectoryError: "is a directory"}
        reason = reasons.get(type(exc), f"cannot be read ({why_unusable(exc)})")
        raise typer.BadParameter(
            f"file {named} {reason}; expected rows, for --out", param_hint="'TEXT'"
        ) from exc

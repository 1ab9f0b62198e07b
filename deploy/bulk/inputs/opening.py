"""How an input is read: by what a person says of it, else by its name and its bytes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from adapters.data.encoding import EncodingError, chosen, opened, shown
from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs.kinds import TABLES, TEXTS, Kind, kind_of
from deploy.bulk.inputs.source import TEXT, UTF_8, Source


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person said; None or empty for what they did not."""

    kind: Kind | None = None
    column: str = ""
    field: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


def source_of(file: BinaryIO, name: Path, wanted: Wanted) -> Source:
    """Raises BulkFailed for what cannot be, or is none of a file's kind."""
    kind = wanted.kind or kind_of(name)
    if wanted.column and wanted.field and wanted.column != wanted.field:
        raise BulkFailed(
            f"--column {wanted.column!r} and --field {wanted.field!r}: expected one of them"
        )
    if kind == "txt":
        _refuse_names(wanted)
    if wanted.delimiter and kind not in ("csv", "tsv"):
        raise BulkFailed(f"--delimiter for {kind}; expected csv or tsv")
    if wanted.sheet and kind != "xlsx":
        raise BulkFailed(f"--sheet for {kind}; expected xlsx")
    if wanted.encoding and kind not in TEXTS:
        raise BulkFailed(f"--encoding for {kind}, which has one of its own; expected none")
    encoding = encoding_in(file, wanted.encoding) if kind in TEXTS else UTF_8
    return Source(
        kind,
        (wanted.column or wanted.field if kind in TABLES else wanted.field or wanted.column)
        or TEXT,
        encoding,
        _delimiter(wanted.delimiter),
        wanted.sheet or None,
    )


def _refuse_names(wanted: Wanted) -> None:
    """Raises BulkFailed for the name of what a line of text has not: the kind is another one."""
    for option, said, parts, kinds in (
        ("--column", wanted.column, "columns", "csv, tsv, parquet or xlsx"),
        ("--field", wanted.field, "fields", "jsonl or json"),
    ):
        if said:
            raise BulkFailed(
                f"{option} {said!r} for txt, which has no {parts}; expected --kind {kinds}, or a "
                "name that ends so"
            )


def mistaken(file: BinaryIO, name: str, source: Source) -> str | None:
    """What a person should hear of lines of JSON that are taken for texts because nothing says
    another kind; None for others. ``file`` is at its start again."""
    text = opened(file, source.encoding, newline="\n")
    try:
        first = next((line for line in text if line.strip()), "")
    finally:
        text.detach()
        file.seek(0)
    kind = _kind_within(first)
    if kind is None:
        return None
    return f"{name}: read as txt, a text a line, though it begins as JSON; else say --kind {kind}"


def _kind_within(line: str) -> Kind | None:
    """The kind that begins with this line: an array of objects, or an object a line."""
    line = line.strip()
    if line.startswith("["):
        return "json" if line == "[" or line[1:].lstrip().startswith("{") else None
    try:
        return "jsonl" if isinstance(json.loads(line), dict) else None
    except (ValueError, RecursionError):
        return None


def encoding_in(file: BinaryIO, said: str) -> str:
    """As a person said, else as the bytes tell. Raises BulkFailed."""
    try:
        return chosen(file, said)
    except EncodingError as exc:
        raise BulkFailed(str(exc)) from exc


def told(name: str, encoding: str, said: str) -> str | None:
    """What a person should hear of an encoding that is not UTF-8; None where there is nothing."""
    if encoding in ("utf-8", "utf-8-sig"):
        return None
    why = "as --encoding says" if said else "as its bytes tell; else say --encoding"
    return f"{name}: read as {shown(encoding)}, {why}"


def _delimiter(said: str) -> str | None:
    found = {"tab": "\t", "\\t": "\t"}.get(said, said)
    if len(found) > 1 or found in ('"', "\n", "\r"):
        raise BulkFailed(f"--delimiter has {said!r}; expected one character, or tab")
    return found or None

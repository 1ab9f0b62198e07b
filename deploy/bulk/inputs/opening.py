"""How an input is read: by what a person says of it, else by its name and its bytes."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from adapters.data.encoding import EncodingError, chosen, shown
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

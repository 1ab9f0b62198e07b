"""The rows of an input, one at a time: a text a line, CSV, a JSON object a line, or Parquet."""

import csv
import json
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO, Literal, get_args

from deploy.bulk.errors import BulkFailed
from deploy.bulk.row import Row

Kind = Literal["txt", "csv", "jsonl", "parquet"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LONGEST_CELL = 2**31 - 1  # in characters; the csv module's own limit is 131,072


def kind_of(path: Path) -> Kind:
    """By its name; txt where that says nothing."""
    match path.suffix.lower():
        case ".csv":
            return "csv"
        case ".jsonl" | ".ndjson":
            return "jsonl"
        case ".parquet":
            return "parquet"
    return "txt"


def rows(file: BinaryIO, kind: Kind, field: str) -> Iterator[Row]:
    """All rows from the start of ``file``, which stays open; empty lines are none.

    ``field`` is the column or the JSON field of the text; an ``id`` beside it is kept. Raises
    BulkFailed when there is no such column, or when CSV or Parquet cannot be read.
    """
    file.seek(0)
    if kind == "parquet":
        from deploy.bulk.parquet import records

        yield from records(file, field)
        return
    # Bytes that are not UTF-8 become lone surrogates, which ``_checked`` finds in their row.
    decoded = TextIOWrapper(
        file,
        encoding="utf-8-sig",
        errors="surrogateescape",
        newline="" if kind == "csv" else "\n",
    )
    try:
        yield from _records(decoded, field) if kind == "csv" else _lines(decoded, kind, field)
    finally:
        decoded.detach()


def _lines(file: TextIOWrapper, kind: Kind, field: str) -> Iterator[Row]:
    for number, line in enumerate(file, 1):
        line = line.rstrip("\r\n")
        if not line.strip():
            continue
        yield _checked(Row(number, None, line) if kind == "txt" else _parsed(number, line, field))


def _parsed(number: int, line: str, field: str) -> Row:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as exc:
        return Row(number, None, None, f"the line is not JSON: {exc}")
    if not isinstance(found, dict):
        return Row(number, None, None, "the line is not a JSON object")
    text = found.get(field)
    if not isinstance(text, str):
        got = f"has {str(text)[:60]!r}" if field in found else "is missing"
        return Row(number, found.get("id"), None, f"{field} {got}; expected a string")
    return Row(number, found.get("id"), text)


def _records(file: TextIOWrapper, field: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.DictReader(file)
    try:
        if field not in (columns := reader.fieldnames or ()):
            raise BulkFailed(f"no column {field!r}; expected one of {', '.join(columns)}")
        for number, record in enumerate(reader, 1):
            text = record[field]
            error = None if text is not None else f"{field} is missing; the record is too short"
            yield _checked(Row(number, record.get("id"), text, error))
    except csv.Error as exc:
        raise BulkFailed(f"line {reader.line_num} of the input is not CSV: {exc}") from exc


def _checked(row: Row) -> Row:
    try:
        json.dumps([row.id, row.text], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Row(row.number, None, None, "the row is not UTF-8")
    return row

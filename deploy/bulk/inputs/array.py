"""``.json``: an array of objects, read whole; or an object a line, as CLUENER's own files have."""

import json
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any

from adapters.data.encoding import UNREADABLE, shown
from deploy.bulk.errors import BulkFailed
from deploy.bulk.inputs import lines
from deploy.bulk.inputs.objects import row_of
from deploy.bulk.inputs.source import Source
from deploy.bulk.row import Row
from service.errors import InvalidRequest
from service.wire.json_object import once
from service.wire.wording import why_not_json


def read(file: TextIOWrapper, source: Source) -> Iterator[Row]:
    """Row numbers are places in the array, from 1, or lines. Raises BulkFailed."""
    first = next((line for line in file if line.strip()), "")
    file.seek(0)
    if first.lstrip().startswith("["):
        for number, item in enumerate(_items(file.read(), source), 1):
            yield _row(number, item, source.field)
        return
    if first.strip() and not _is_object(first):
        raise BulkFailed(
            "the input is neither an array of JSON objects nor a JSON object a line; "
            "expected one of them"
        )
    yield from lines.read(file, source)


def _row(number: int, item: Any, field: str) -> Row:
    if error := _fault(item):
        return Row(number, None, None, error.message)
    if not isinstance(item, dict):
        return Row(number, None, None, "the item is not a JSON object")
    return row_of(number, item, field)


def _object(members: list[tuple[str, Any]]) -> dict[str, Any] | InvalidRequest:
    """The object; where it has a name twice the error, so that it is that of its item alone."""
    try:
        return once(members)
    except InvalidRequest as exc:
        return exc


def _fault(value: Any) -> InvalidRequest | None:
    """The first error within."""
    if isinstance(value, InvalidRequest):
        return value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, map(_fault, parts)), None)


def _items(text: str, source: Source) -> list[Any]:
    if UNREADABLE in text:
        line = text.count("\n", 0, text.index(UNREADABLE)) + 1
        raise BulkFailed(f"line {line} of the input is not {shown(source.encoding)}")
    try:
        found: list[Any] = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as exc:
        raise BulkFailed(f"the input is not a JSON array: {why_not_json(exc)}") from exc
    return found


def _is_object(line: str) -> bool:
    """A line that is broken elsewhere is its row's error."""
    return line.lstrip().startswith("{") and line.strip() != "{" and line.rstrip().endswith("}")

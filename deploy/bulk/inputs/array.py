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
from service.wire.wording import why_not_json


def read(file: TextIOWrapper, source: Source) -> Iterator[Row]:
    """Row numbers are places in the array, from 1, or lines. Raises BulkFailed."""
    first = next((line for line in file if line.strip()), "")
    file.seek(0)
    if first.lstrip().startswith("["):
        for number, item in enumerate(_items(file.read(), source), 1):
            if isinstance(item, dict):
                yield row_of(number, item, source.field)
            else:
                yield Row(number, None, None, "the item is not a JSON object")
        return
    if first.strip() and not _is_object(first):
        raise BulkFailed(
            "the input is neither an array of JSON objects nor a JSON object a line; "
            "expected one of them"
        )
    yield from lines.read(file, source)


def _items(text: str, source: Source) -> list[Any]:
    if UNREADABLE in text:
        line = text.count("\n", 0, text.index(UNREADABLE)) + 1
        raise BulkFailed(f"line {line} of the input is not {shown(source.encoding)}")
    try:
        found: list[Any] = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise BulkFailed(f"the input is not a JSON array: {why_not_json(exc)}") from exc
    return found


def _is_object(line: str) -> bool:
    """A line that is broken elsewhere is its row's error."""
    return line.lstrip().startswith("{") and line.strip() != "{" and line.rstrip().endswith("}")

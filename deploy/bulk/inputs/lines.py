"""A text a line, or a JSON object a line."""

import json
from collections.abc import Iterable, Iterator

from adapters.data.encoding import UNREADABLE, shown
from deploy.bulk.inputs.objects import row_of
from deploy.bulk.inputs.source import Source
from deploy.bulk.row import Row
from service.errors import InvalidRequest
from service.wire.json_object import once
from service.wire.wording import why_not_json


def read(lines: Iterable[str], source: Source) -> Iterator[Row]:
    """Row numbers are those of the lines, empty ones too."""
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\r\n")
        if not line.strip():
            continue
        if UNREADABLE in line:
            yield Row(number, None, None, f"the row is not {shown(source.encoding)}")
        elif source.kind == "txt":
            yield Row(number, None, line)
        else:
            yield _parsed(number, line, source.field)


def _parsed(number: int, line: str, field: str) -> Row:
    try:
        found = json.loads(line, object_pairs_hook=once)
    except InvalidRequest as exc:  # of a name that is there twice
        return Row(number, None, None, exc.message)
    except (ValueError, RecursionError) as exc:
        return Row(number, None, None, f"the line is not JSON: {why_not_json(exc)}")
    if not isinstance(found, dict):
        return Row(number, None, None, "the line is not a JSON object")
    return row_of(number, found, field)

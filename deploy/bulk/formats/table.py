"""CSV, RFC 4180: one row an entity; a text without entities has none.

A cell that a spreadsheet would take for a formula (``=1+1``, ``+86 …``, ``@sum``) begins with
``'``, which spreadsheets do not show; JSON lines have it as it is.
"""

import csv
import json
from collections.abc import Iterable
from typing import Any, TextIO

# Full-width too: spreadsheets with a Chinese or Japanese face read them alike.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
COLUMNS = ("row", "id", "label", "text", "start", "end", "score")


def write(answers: Iterable[dict[str, Any]], file: TextIO) -> None:
    """``text`` is the entity's, ``row`` and ``id`` are those of the row that it stands in."""
    # The line break is \r\n: the csv module quotes only what its own line break is made of.
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for answer in answers:
        head = (answer["row"], _cell(answer.get("id")))
        for entity in answer["entities"]:
            table.writerow((*head, *(_cell(entity.get(name)) for name in COLUMNS[2:])))


def _cell(value: object) -> object:
    """A string that is no formula, nothing for None, anything else as JSON."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return None if value is None else json.dumps(value, ensure_ascii=False)

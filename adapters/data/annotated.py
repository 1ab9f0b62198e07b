"""What people labelled in Label Studio or doccano, as these export it, offsets in code points."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

# Label, start, end, surface if it is told.
Span = tuple[str, int, int, str | None]


def tasks(path: Path) -> Iterator[tuple[int, str]]:
    """(place from 1, task) of an export of Label Studio, a JSON list; raises ValueError."""
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, list):
        raise ValueError("no list; expected Label Studio's export as JSON")
    for place, task in enumerate(found, 1):
        yield place, json.dumps(task)


def label_studio(row: str) -> tuple[str, list[Span]]:
    """The text and the spans of a task's last annotation that was not skipped.

    Raises ValueError, KeyError, TypeError and AttributeError for what is none.
    """
    task = json.loads(row)
    kept = [one for one in task["annotations"] if not one.get("was_cancelled")]
    if not kept:
        raise ValueError(f"task {task.get('id')} has no annotation; expected one")
    regions = [one for one in kept[-1]["result"] if one.get("type") == "labels"]
    text = _text(task["data"])
    spans = [
        (label, value["start"], value["end"], value.get("text"))
        for value in (region["value"] for region in regions)
        for label in value["labels"]
    ]
    return text, spans


def doccano(row: str) -> tuple[str, list[Span]]:
    """The text and the spans of a line: ``{"text", "label": [[start, end, label], …]}``; newer
    exports have ``entities`` with relations instead.

    Raises ValueError, KeyError, TypeError and AttributeError for what is none.
    """
    fields = json.loads(row)
    if "entities" in fields:
        entities = fields["entities"]
        spans = [(one["start_offset"], one["end_offset"], one["label"]) for one in entities]
    else:
        spans = fields["label"]
    return fields["text"], [(label, start, end, None) for start, end, label in spans]


def _text(data: Mapping[str, Any]) -> str:
    """The field ``text``, or the only one that is a string."""
    strings = [value for value in data.values() if isinstance(value, str)]
    if isinstance(data.get("text"), str):
        return str(data["text"])
    if len(strings) != 1:
        raise ValueError(f"data has {', '.join(data)}; expected text, or one string")
    return strings[0]

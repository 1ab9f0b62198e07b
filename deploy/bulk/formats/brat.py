"""brat standoff, a folder: ``00000001.txt`` and ``.ann`` for row 1, and ``annotation.conf``.

Offsets are half-open, in code points, and every entity is one range: discontinuous ones are never
written, so a line break inside an entity stands as a space in the last column.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from deploy.bulk.formats.pieces import begun, one_word

CONFIGURATION = "annotation.conf"
_ROW = re.compile(r"\d{8,}\.(txt|ann)")


def write(answers: Iterable[dict[str, Any]], folder: Path) -> None:
    """All rows; labels with white space have ``_`` instead. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    labels: set[str] = set()
    for answer in answers:
        name = f"{answer['row']:08d}"
        _write(folder / f"{name}.txt", begun(answer["text"]) + answer["text"])
        _write(folder / f"{name}.ann", _annotations(answer))
        labels |= {one_word(entity["label"]) for entity in answer["entities"]}
    entities = "".join(f"{label}\n" for label in sorted(labels))
    _write(
        folder / CONFIGURATION,
        f"[entities]\n{entities}\n[relations]\n\n[events]\n\n[attributes]\n",
    )


def is_unfinished(folder: Path) -> bool:
    """Has ``write`` begun it, and not come to its end? The configuration is written last."""
    there = [*folder.iterdir()] if folder.is_dir() else []
    return bool(there) and all(_ROW.fullmatch(path.name) for path in there)


def _annotations(answer: dict[str, Any]) -> str:
    lines = []
    for number, entity in enumerate(answer["entities"], 1):
        start, end = entity["start"], entity["end"]
        surface = re.sub(r"[\t\r\n]", " ", answer["text"][start:end])
        lines.append(f"T{number}\t{one_word(entity['label'])} {start} {end}\t{surface}\n")
    return "".join(lines)


def _write(path: Path, content: str) -> None:
    """Line breaks as they are: offsets count them."""
    path.write_text(content, encoding="utf-8", newline="")

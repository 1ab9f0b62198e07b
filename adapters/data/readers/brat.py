"""brat's standoff: a text in ``NAME.txt``, its entities in ``NAME.ann``."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.data.examples import Example
from adapters.data.readers.entity import entity
from adapters.data.readers.errors import BadRow, DataError
from adapters.data.readers.fields import string
from adapters.data.readers.lines import content
from service.ner.types import Entity, Label

_TEXT_BOUND = re.compile(r"(T\S*)\t(\S+) (\d+(?: \d+)?(?:;\d+ \d+)*)(?:\t(.*))?")


def files(path: Path) -> Iterator[Path]:
    """The ``.ann`` files of a folder, or the one of a text; raises DataError for none."""
    found = sorted(path.glob("*.ann")) if path.is_dir() else [path.with_suffix(".ann")]
    if not found or not found[0].is_file():
        raise DataError(
            f"{path}: no .ann file there; expected a file of labelled rows, or brat's .txt and .ann"
        )
    yield from found


def read(path: Path, encoding: str, labels: Sequence[Label]) -> Example:
    """Raises DataError, and BadRow whose lines are those of the ``.ann`` file. Relations, events
    and notes are passed over."""
    text = _text(path.with_suffix(".txt"), encoding)
    found = []
    for number, line in enumerate(content(path, encoding).split("\n")):
        if line.startswith("T"):
            try:
                found.append(_entity(line, text, labels))
            except BadRow as exc:
                exc.lines = number
                raise
    return Example(text, tuple(found))


def _entity(line: str, text: str, labels: Sequence[Label]) -> Entity:
    match = _TEXT_BOUND.fullmatch(line.rstrip("\r"))
    if match is None:
        raise BadRow(f"{line!r}; expected T1, a tab, LABEL START END, a tab, the surface")
    name, label, place, surface = match.groups()
    if ";" in place:
        raise BadRow(f"{name} has the ranges {place}; expected one: an entity is in one piece")
    start, _, end = place.partition(" ")
    found = entity(text, labels, label, int(start), int(end or -1))
    there = re.sub(r"[\t\r\n]", " ", text[found.start : found.end])
    if surface is not None and surface != there:
        raise BadRow(f"[{start}, {end}) is {there!r}; expected {surface!r}")
    return found


def _text(path: Path, encoding: str) -> str:
    """Line breaks as they are: offsets count them."""
    if not path.is_file():
        raise DataError(f"{path}: not there; expected the text of the .ann file")
    return string(content(path, encoding, newline=""), path.name)
